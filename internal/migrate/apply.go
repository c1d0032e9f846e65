package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// State is where a database stands against a project.
type State uint8

// The states.
const (
	Empty   State = iota // nothing was ever applied
	Same                 // the project's declaration is the applied one
	Live                 // they differ only in what is not stored: applying writes nothing but the declaration
	Differs              // what is stored differs
)

// Status is where a database stands, and in what it differs.
type Status struct {
	State      State
	Difference Difference
	Keys       string // fingerprint of the key set the database was made with

	old storage
}

// Inspect compares a database with a catalogue. It changes nothing.
func Inspect(ctx context.Context, st store.Store, c *schema.Catalog) (Status, error) {
	m, err := read(ctx, st)
	if err != nil {
		return Status{}, err
	}
	return status(m, c)
}

func status(m metadata, c *schema.Catalog) (Status, error) {
	if len(m) == 0 {
		return Status{State: Empty}, nil
	}
	if m[metaFormat] != format {
		return Status{}, fault.New(fault.Unavailable, "the database was written by another version of this program (format %s)", m[metaFormat])
	}
	s := Status{State: Same, Keys: m[metaKeys]}
	if m[metaVersion] == c.Version {
		return s, nil
	}
	if err := json.Unmarshal([]byte(m[metaStorage]), &s.old); err != nil {
		return Status{}, fault.New(fault.Unavailable, "the database's own description is damaged").Because(err)
	}
	s.State, s.Difference = Live, difference(s.old, storageOf(c))
	if s.Difference.Any() {
		s.State = Differs
	}
	return s, nil
}

// Apply brings a database to a catalogue in one transaction: killed at any point, it has done all or nothing. It creates
// what is new and remembers the declaration. The error is a Difference where more than creating would be needed, and
// ErrKeys where the database was made with another key set.
func Apply(ctx context.Context, st store.Store, c *schema.Catalog, keys string) (Status, error) {
	var s Status
	err := st.Write(ctx, func(tx store.Tx) error {
		if _, err := tx.Exec(ctx, createMeta()); err != nil {
			return err
		}
		m, err := readIn(ctx, tx)
		if err != nil {
			return err
		}
		if s, err = status(m, c); err != nil {
			return err
		}
		return carryOut(ctx, st, tx, c, s, keys)
	})
	var d Difference
	if errors.As(err, &d) {
		return s, d
	}
	if errors.Is(err, ErrKeys) {
		return s, ErrKeys
	}
	return s, err
}

// ErrKeys is the error of a database that was made with another key set.
var ErrKeys = errors.New("the database was made with another key set; restore the file keys of its data directory, or set SOCLE_KEYS")

func carryOut(ctx context.Context, st store.Store, tx store.Tx, c *schema.Catalog, s Status, keys string) error {
	switch {
	case s.Keys != "" && s.Keys != keys:
		return ErrKeys
	case s.State == Same:
		return nil
	case len(s.Difference.Blocking) > 0:
		return s.Difference
	}
	for _, sql := range statements(st, c, s) {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create the schema: %w", err)
		}
	}
	stored, err := json.Marshal(storageOf(c).keeping(s.old))
	if err != nil {
		return err
	}
	for _, member := range [][2]string{{metaFormat, format}, {metaVersion, c.Version}, {metaStorage, string(stored)},
		{metaDeclaration, string(schema.MarshalDeclaration(c))}, {metaKeys, keys}} {
		if err := set(ctx, st, tx, member[0], member[1]); err != nil {
			return err
		}
	}
	return nil
}

// statements creates what is not there: whole collections after those they refer to, and indexes.
func statements(st store.Store, c *schema.Catalog, s Status) []string {
	d := st.Dialect()
	var out []string
	for _, space := range spaces(c) {
		out = append(out, d.CreateSpace(space)...)
	}
	var indexes []string
	for _, col := range ordered(c) {
		if s.State == Empty || contains(s.Difference.New, tableOf(col).title()) {
			out = append(out, d.CreateTable(col)...)
			indexes = append(append(indexes, d.CreateIndexes(col)...), d.CreateSearch(col)...)
			continue
		}
		for i, x := range col.Indexes { // one statement per index, in order
			if contains(s.Difference.Indexes, x.Ident.Name()) {
				indexes = append(indexes, d.CreateIndexes(col)[i])
			}
		}
	}
	return append(out, indexes...)
}

func spaces(c *schema.Catalog) []schema.Ident {
	var out []schema.Ident
	seen := map[string]bool{schema.DefaultNamespace: true}
	for _, col := range c.Collections {
		if !seen[col.Space.Name()] {
			seen[col.Space.Name()] = true
			out = append(out, col.Space)
		}
	}
	return out
}

// ordered puts tables after those they refer to, circles in the order of the catalogue.
func ordered(c *schema.Catalog) []*schema.Collection {
	var out []*schema.Collection
	seen := map[*schema.Collection]bool{}
	var visit func(col *schema.Collection)
	visit = func(col *schema.Collection) {
		if seen[col] || col.View != nil {
			return
		}
		seen[col] = true
		for _, fk := range col.ForeignKeys {
			visit(fk.To)
		}
		out = append(out, col)
	}
	for _, col := range c.Collections {
		visit(col)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
