// Package migrate owns the way of a catalogue to a database: the plan from the applied declaration to the wanted one, its
// execution, and what of the real schema differs from what was applied. It knows nothing of requests, policies or seed files.
package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
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
	Difference Difference // the plan, from an empty database too
	Keys       string     // fingerprint of the key set the database was made with
	Pending    []string   // indexes of the applied declaration that are still to be made; the database serves without them
}

// Options say how far Carry may go.
type Options struct {
	Keys        string      // fingerprint of the key set
	Destructive bool        // steps that lose data are carried out too
	Clock       clock.Clock // nil: the system's
	Apart       bool        // indexes of tables in use are made after the change, while others write, where the store can
	// Backup, where set, is called before a destructive change. Its error stops the change.
	Backup func(ctx context.Context) error
}

// Rebuilder is a store with a way of its own to write what changes the schema: with foreign keys switched off, testing them
// all before it keeps anything, where tables are made anew; with locks waited for, where several nodes may be at it.
type Rebuilder interface {
	Rebuild(ctx context.Context, f func(store.Tx) error) error
}

// ErrKeys is the error of a database that was made with another key set.
var ErrKeys = errors.New("the database was made with another key set; restore the file keys of its data directory, or set SOCLE_KEYS")

// Inspect compares a database with a catalogue. It changes nothing.
func Inspect(ctx context.Context, st store.Store, c *schema.Catalog) (Status, error) {
	m, err := read(ctx, st)
	if err != nil {
		return Status{}, err
	}
	return status(st, m, c)
}

func status(st store.Store, m metadata, c *schema.Catalog) (Status, error) {
	d, ok := st.Dialect().(sqlgen.Changer)
	if !ok {
		return Status{}, fault.New(fault.NotImplemented, "this engine's schema cannot be changed")
	}
	if len(m) == 0 {
		return Status{State: Empty, Difference: Difference{Diff(d, nil, c)}}, nil
	}
	if m[metaFilling] != "" {
		return Status{}, errFilling()
	}
	if m[metaFormat] != format {
		return Status{}, fault.New(fault.Unavailable, "the database was written by another version of this program (format %s)", m[metaFormat])
	}
	s := Status{State: Same, Keys: m[metaKeys], Pending: m.waiting(nil)}
	if m[metaVersion] == c.Version {
		return s, nil
	}
	applied, err := schema.ReadDeclaration([]byte(m[metaDeclaration]))
	if err != nil {
		return Status{}, fault.New(fault.Unavailable, "the database's own description is damaged").Because(err)
	}
	s.State, s.Difference = Live, Difference{Diff(d, applied, c)}
	s.Pending = m.waiting(s.Difference.dropped)
	if s.Difference.Any() {
		s.State = Differs
	}
	return s, nil
}

// Apply brings a database to a catalogue as far as no data is lost, and remembers the declaration. The error is a
// Difference where data would be, a *Violation where rows do not fit, and ErrKeys where the database was made with another
// key set.
func Apply(ctx context.Context, st store.Store, c *schema.Catalog, keys string) (Status, error) {
	return Carry(ctx, st, c, Options{Keys: keys})
}

// Carry is Apply with options. Everything is one transaction: killed at any point, it has done all or nothing, and calling
// it again completes it; so do indexes that are made apart. The status is the one before.
func Carry(ctx context.Context, st store.Store, c *schema.Catalog, o Options) (Status, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Backup != nil && o.Destructive {
		s, err := Inspect(ctx, st, c)
		if err != nil {
			return s, err
		}
		if len(s.Difference.Destructive()) > 0 {
			if err := o.Backup(ctx); err != nil {
				return s, fmt.Errorf("the backup before the change: %w", err)
			}
		}
	}
	if err := resume(ctx, st, c); err != nil {
		return Status{}, err
	}
	var s Status
	var failed error
	err := write(ctx, st, func(tx store.Tx) error {
		s, failed = carryIn(ctx, st, tx, c, o)
		return failed
	})
	if err == nil {
		err = resume(ctx, st, c)
	}
	return s, plain(err, failed)
}

// plain is the error as it was raised, where a store wrapped one that it does not know.
func plain(err, failed error) error {
	var d Difference
	var v *Violation
	var taken *Occupied
	switch {
	case err == nil:
		return nil
	case errors.As(failed, &d):
		return d
	case errors.As(failed, &v):
		return v
	case errors.As(failed, &taken):
		return taken
	case errors.Is(failed, ErrKeys):
		return ErrKeys
	}
	return err
}

func write(ctx context.Context, st store.Store, f func(store.Tx) error) error {
	if r, ok := st.(Rebuilder); ok {
		return r.Rebuild(ctx, f)
	}
	return st.Write(ctx, f)
}

// prepare makes the tables of the product's own and takes the lease before any of them but its own.
func prepare(ctx context.Context, st store.Store, tx store.Tx) error {
	if err := each(ctx, tx, createMeta(), createLeases()); err != nil {
		return err
	}
	if err := Hold(ctx, tx); err != nil {
		return err
	}
	return each(ctx, tx, sqlgen.SystemTables(st.Dialect())...)
}

func each(ctx context.Context, tx store.Tx, texts ...string) error {
	for _, text := range texts {
		if _, err := tx.Exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func carryIn(ctx context.Context, st store.Store, tx store.Tx, c *schema.Catalog, o Options) (Status, error) {
	if err := prepare(ctx, st, tx); err != nil {
		return Status{}, err
	}
	m, err := readIn(ctx, tx)
	if err != nil {
		return Status{}, err
	}
	s, err := status(st, m, c)
	if err == nil && s.State == Empty {
		err = unoccupied(ctx, st, tx, c)
	}
	switch {
	case err != nil:
		return s, err
	case s.Keys != "" && s.Keys != o.Keys:
		return s, ErrKeys
	case s.State == Same:
		return s, nil
	case s.Difference.Problems.Failed(), len(s.Difference.Destructive()) > 0 && !o.Destructive:
		return s, s.Difference
	}
	w := newWorker(tx, st.Dialect().(sqlgen.Changer), o.Clock)
	_, able := st.(Apart)
	w.apart = o.Apart && able
	if err := w.dropPending(ctx, s.Difference.dropped); err != nil {
		return s, err
	}
	if err := w.carry(ctx, s.Difference.Plan); err != nil {
		return s, err
	}
	if err := w.generators(ctx, s.Difference.Plan); err != nil {
		return s, err
	}
	if err := move(ctx, st, tx, m, s.Difference.pairs); err != nil {
		return s, err
	}
	return s, remember(ctx, st, tx, c, o.Keys)
}

// remember writes the declaration that is applied now.
func remember(ctx context.Context, st store.Store, tx store.Tx, c *schema.Catalog, keys string) error {
	for _, member := range [][2]string{{metaFormat, format}, {metaVersion, c.Version},
		{metaDeclaration, string(schema.MarshalDeclaration(c))}, {metaKeys, keys}} {
		if err := set(ctx, st, tx, member[0], member[1]); err != nil {
			return err
		}
	}
	return nil
}
