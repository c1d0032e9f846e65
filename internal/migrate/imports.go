package migrate

import (
	"context"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Imports is what is remembered of a collection's imports that have not ended; "" where there is none. Until the transaction ends
// nobody else changes it.
func Imports(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection) (string, error) {
	d := st.Dialect()
	rows, err := tx.Query(ctx, `SELECT "value" FROM `+metaTable()+` WHERE "key" = `+d.Placeholder(1, aText)+d.Lock(), metaImports+title(c))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return asText(rows[0][0]), nil
}

// NoteImports remembers, within the transaction that writes their rows, how far a collection's imports are.
func NoteImports(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection, text string) error {
	return set(ctx, st, tx, metaImports+title(c), text)
}

var aText = sqlgen.Coding{Type: value.Type{Kind: value.Text}}
