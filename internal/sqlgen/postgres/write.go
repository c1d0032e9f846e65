package postgres

import (
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Lock keeps the rows until the transaction ends.
func (Dialect) Lock() string { return " FOR UPDATE" }

// Fragile: nothing but a savepoint saves a transaction in which a statement failed.
func (Dialect) Fragile() bool { return true }

// Images reads the rows from one array per field.
func (Dialect) Images(b *sqlgen.Builder, fields []*schema.Field, first int) string {
	columns := []string{"(u.n - 1) AS n"}
	var arrays, names []string
	for i, f := range fields {
		arrays = append(arrays, b.Keys(first+i, sqlgen.Coding{Form: sqlgen.Elements, Type: f.Type}))
		name := "k" + strconv.Itoa(i)
		names = append(names, name)
		columns = append(columns, "u."+name+" AS "+sqlgen.Output(f.Ordinal))
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM unnest(" + strings.Join(arrays, ", ") + ") WITH ORDINALITY AS u(" +
		strings.Join(names, ", ") + ", n)"
}

// Indexed is the vector of a search field.
func (Dialect) Indexed(f *schema.Field, v value.Value) (column, cast string, raw any, ok bool) {
	return sqlgen.Quote(vectorColumn(f)), "::tsvector", Vector(f.Collection, v), true
}

// SystemTables: entries of the change log get their number after they are committed, so that no reader overtakes one.
func (Dialect) SystemTables() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS " + system(schema.SystemIdentity) + ` ("name" text COLLATE "C" NOT NULL PRIMARY KEY, "last" bigint NOT NULL)`,
		"CREATE TABLE IF NOT EXISTS " + system(schema.SystemChanges) + ` ("id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ` +
			`"seq" bigint UNIQUE, "namespace" text COLLATE "C" NOT NULL, "collection" text COLLATE "C" NOT NULL, "key" text COLLATE "C" NOT NULL, ` +
			`"version" bigint NOT NULL, "old" text COLLATE "C", "new" text COLLATE "C", "at" bigint NOT NULL)`,
		"CREATE TABLE IF NOT EXISTS " + system(schema.SystemIdempotent) + ` ("scope" text COLLATE "C" NOT NULL, "key" text COLLATE "C" NOT NULL, ` +
			`"body" text COLLATE "C" NOT NULL, "answer" text COLLATE "C" NOT NULL, "at" bigint NOT NULL, PRIMARY KEY ("scope", "key"))`,
		sqlgen.IndexOfAge,
	}
}

func system(n schema.SystemName) string { return sqlgen.Quote(schema.System(n)) }
