package sqlite

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Lock is empty: there is one writer.
func (Dialect) Lock() string { return "" }

// Fragile: a statement that fails is undone by itself.
func (Dialect) Fragile() bool { return false }

// Images reads the rows from one JSON array.
func (Dialect) Images(b *sqlgen.Builder, fields []*schema.Field, first int) string {
	columns := []string{"k.key AS n"}
	source := "json_each(" + b.Keys(-1, sqlgen.Coding{}) + ") AS k"
	for i, f := range fields {
		columns = append(columns, imageColumn(f.Type, first+i)+" AS "+sqlgen.Output(f.Ordinal))
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + source
}

// imageColumn is column i of a row; rows of one column are that column alone, which json_each then gives as it is.
func imageColumn(t value.Type, i int) string {
	text := "(CASE k.type WHEN 'array' THEN k.value ->> " + sqlgen.Literal(i) + " ELSE k.value END)"
	switch {
	case t.List:
	case t.Kind == value.Bytes:
		return "unhex(" + text + ")"
	case t.Kind == value.Float:
		return "CAST(" + text + " AS REAL)"
	}
	return text
}

// Indexed: triggers keep the search index.
func (Dialect) Indexed(*schema.Field, value.Value) (column, cast string, raw any, ok bool) {
	return "", "", nil, false
}

// SystemTables: the change log is numbered by the one writer.
func (Dialect) SystemTables() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS " + system(schema.SystemIdentity) + ` ("name" TEXT NOT NULL PRIMARY KEY, "last" INTEGER NOT NULL) STRICT`,
		"CREATE TABLE IF NOT EXISTS " + system(schema.SystemChanges) + ` ("seq" INTEGER PRIMARY KEY AUTOINCREMENT, ` +
			`"namespace" TEXT NOT NULL, "collection" TEXT NOT NULL, "key" TEXT NOT NULL, "version" INTEGER NOT NULL, ` +
			`"old" TEXT, "new" TEXT, "at" INTEGER NOT NULL) STRICT`,
		"CREATE TABLE IF NOT EXISTS " + system(schema.SystemIdempotent) + ` ("scope" TEXT NOT NULL, "key" TEXT NOT NULL, ` +
			`"body" TEXT NOT NULL, "answer" TEXT NOT NULL, "at" INTEGER NOT NULL, PRIMARY KEY ("scope", "key")) STRICT`,
		sqlgen.IndexOfAge,
	}
}

func system(n schema.SystemName) string { return sqlgen.Quote(schema.System(n)) }
