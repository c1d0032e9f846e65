package migrate

import (
	"context"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// Occupied is the error of a database to which nothing was applied, and which has tables where the project's would be: they
// are somebody else's. Nothing was changed.
type Occupied struct{ Tables []string }

// Error names the tables and says what to do.
func (e *Occupied) Error() string {
	return "the database is in use by something else: it has the tables " + strings.Join(e.Tables, ", ") +
		" already; take an empty database, or move these away"
}

// unoccupied makes sure that none of the project's tables is there before the first of them is made.
func unoccupied(ctx context.Context, st store.Store, tx store.Tx, c *schema.Catalog) error {
	d := st.Dialect().(sqlgen.Changer)
	rows, err := tx.Query(ctx, d.Inspection())
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, row := range rows {
		there[asText(row[0])] = true
	}
	var taken []string
	for _, col := range stored(c) {
		for _, line := range d.Expected(col) {
			if kindOf(line) == "table" && there[line] {
				taken = append(taken, strings.TrimPrefix(line, "table "))
			}
		}
	}
	if taken == nil {
		return nil
	}
	slices.Sort(taken)
	return &Occupied{taken}
}
