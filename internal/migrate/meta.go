package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// format is the version of what the metadata table holds.
const format = "1"

// The members of the metadata table.
const (
	metaFormat      = "format"
	metaVersion     = "version"     // Catalog.Version of the applied declaration
	metaDeclaration = "declaration" // schema.MarshalDeclaration
	metaKeys        = "keys"        // fingerprint of the key set
	metaPending     = "pending:"    // and an index: JSON list of statements that make it
	metaSeeded      = "seeded:"     // and a collection: its first data is in
	metaImports     = "imports:"    // and a collection: how far its imports are
	metaFilling     = "filling"     // present until all rows of another database are there: whose
)

// metadata is the table's content.
type metadata map[string]string

func metaTable() string { return sqlgen.Quote(schema.System(schema.SystemMeta)) }

func createMeta() string {
	return "CREATE TABLE IF NOT EXISTS " + metaTable() + ` ("key" TEXT NOT NULL PRIMARY KEY, "value" TEXT NOT NULL)`
}

// createLeases is the table whose rows say who does what no two nodes may do at once.
func createLeases() string {
	return "CREATE TABLE IF NOT EXISTS " + leaseTable() + ` ("name" TEXT NOT NULL PRIMARY KEY, "taken" BIGINT NOT NULL)`
}

// Hold keeps other nodes from migrating and from loading first data until the transaction ends: it writes the lease's row, for
// which a second node waits.
func Hold(ctx context.Context, tx store.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO "+leaseTable()+` ("name", "taken") VALUES ('migrate', 0) ON CONFLICT ("name") DO NOTHING`)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE "+leaseTable()+` SET "taken" = "taken" + 1 WHERE "name" = 'migrate'`)
	return err
}

func leaseTable() string { return sqlgen.Quote(schema.System(schema.SystemLeases)) }

func selectMeta() string { return `SELECT "key", "value" FROM ` + metaTable() }

// read gives the metadata outside of a write, nil where the table does not exist.
func read(ctx context.Context, st store.Store) (metadata, error) {
	m, err := query(ctx, st)
	if teller, ok := st.(absence); ok && err != nil && teller.Absent(err) {
		return nil, nil
	}
	if err == nil || !missing(ctx, st) {
		return m, err
	}
	return nil, nil
}

// absence is a store that can tell the error of a table which is not there from others.
type absence interface{ Absent(error) bool }

// Version is the version of the applied declaration, "" where nothing was applied: what a node watches to notice another
// node's change.
func Version(ctx context.Context, st store.Store) (string, error) {
	m, err := read(ctx, st)
	return m[metaVersion], err
}

func query(ctx context.Context, st store.Store) (metadata, error) {
	snap, err := st.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	text := value.Type{Kind: value.Text}
	tuples, err := snap.Query(ctx, &sqlgen.Stmt{Text: selectMeta(), Types: []value.Type{text, text}}, nil)
	if err != nil {
		return nil, err
	}
	m := metadata{}
	for _, t := range tuples {
		m[t[0].Str()] = t[1].Str()
	}
	return m, nil
}

var errUndo = errors.New("migrate: nothing is kept")

// missing finds out whether the table is absent, the same way on every engine: in a transaction that is undone, the
// table is created if it is not there; if it can be read then, it was the table that was missing.
func missing(ctx context.Context, st store.Store) bool {
	err := st.Write(ctx, func(tx store.Tx) error {
		if _, err := tx.Exec(ctx, createMeta()); err != nil {
			return err
		}
		m, err := readIn(ctx, tx)
		if err != nil || len(m) > 0 {
			return errors.Join(err, errors.New("migrate: the table is there"))
		}
		return errUndo
	})
	return errors.Is(err, errUndo)
}

func readIn(ctx context.Context, tx store.Tx) (metadata, error) {
	rows, err := tx.Query(ctx, selectMeta())
	if err != nil {
		return nil, err
	}
	m := metadata{}
	for _, r := range rows {
		m[asText(r[0])] = asText(r[1])
	}
	return m, nil
}

func asText(raw any) string {
	if b, ok := raw.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(raw)
}

// set writes a member; argument texts are the same in every dialect.
func set(ctx context.Context, st store.Store, tx store.Tx, name, text string) error {
	return put(ctx, st.Dialect(), tx, name, text)
}

func put(ctx context.Context, d sqlgen.Dialect, tx store.Tx, name, text string) error {
	c := sqlgen.Coding{Type: value.Type{Kind: value.Text}}
	n, err := tx.Exec(ctx, "UPDATE "+metaTable()+` SET "value" = `+d.Placeholder(2, c)+` WHERE "key" = `+d.Placeholder(1, c), name, text)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO "+metaTable()+` ("key", "value") VALUES (`+d.Placeholder(1, c)+", "+d.Placeholder(2, c)+")", name, text)
	return err
}

// move gives the members of a collection's first data to its new name.
func move(ctx context.Context, st store.Store, tx store.Tx, m metadata, pairs []*pair) error {
	for _, p := range pairs {
		if p.old.Ident == p.new.Ident || m[metaSeeded+title(p.old)] == "" {
			continue
		}
		if err := set(ctx, st, tx, metaSeeded+title(p.new), "1"); err != nil {
			return err
		}
	}
	return nil
}

// title is how the metadata calls a table.
func title(c *schema.Collection) string {
	if c.Namespace == schema.DefaultNamespace {
		return c.Name
	}
	return c.Namespace + "." + c.Name
}
