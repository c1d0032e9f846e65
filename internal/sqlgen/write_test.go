package sqlgen_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

const book = `
-- books.yaml --
fields: { shelf: text, no: int, title: text, price: { type: decimal, precision: 6, scale: 2 } }
primary_key: [shelf, no]
search: [title]
policies: { read: true }
-- scraps.yaml --
primary_key: none
fields: { n: { type: int, identity: true } }
policies: { read: true }
`

// Statements name what the catalogue names; every value is bound.
func TestWritingStatementsBindEveryValue(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, book)
	books, scraps := schematest.Collection(t, catalog, "books"), schematest.Collection(t, catalog, "scraps")
	poison := value.OfText(`x'; DROP TABLE "books" --`)
	price := value.OfDecimal(value.NewDec(4711, 2))
	row := plan.Tuple{poison, value.OfInt(4711), poison, price}
	rows := []sqlgen.Guarded{{Key: row[:2], Version: 4711}, {Key: row[:2], Version: 4711}}
	n := scraps.Fields[0]
	for name, d := range map[string]sqlgen.Dialect{"sqlite": sqlite.Dialect{}, "postgres": postgres.Dialect{}} {
		for what, make := range map[string]func() (sqlgen.Exec, error){
			"insert": func() (sqlgen.Exec, error) { return sqlgen.Insert(d, books, []plan.Tuple{row}, nil, false) },
			"insert of two": func() (sqlgen.Exec, error) {
				return sqlgen.Insert(d, books, []plan.Tuple{row, row}, nil, false)
			},
			"upsert": func() (sqlgen.Exec, error) {
				return sqlgen.Insert(d, books, []plan.Tuple{row}, books.PrimaryKey, true)
			},
			"update":   func() (sqlgen.Exec, error) { return sqlgen.Update(d, books, books.Fields[2:4], row[2:4], rows) },
			"delete":   func() (sqlgen.Exec, error) { return sqlgen.Delete(d, books, rows) },
			"take":     func() (sqlgen.Exec, error) { return sqlgen.TakeIdentity(d, n, 4711, 4711) },
			"raise":    func() (sqlgen.Exec, error) { return sqlgen.RaiseIdentity(d, n, 4711) },
			"claim":    func() (sqlgen.Exec, error) { return sqlgen.Claim(d, "DROP", "DROP", "DROP", 4711) },
			"remember": func() (sqlgen.Exec, error) { return sqlgen.Remember(d, "DROP", "DROP", "DROP") },
			"log": func() (sqlgen.Exec, error) {
				all, err := sqlgen.Log(d, []sqlgen.Change{{Collection: books, Version: 4711, Key: "DROP", Old: "DROP", At: 4711}})
				return all[0], err
			},
		} {
			e, err := make()
			if err != nil {
				t.Fatalf("%s %s: %v", name, what, err)
			}
			if strings.Contains(e.Text, "DROP") || strings.Contains(e.Text, "4711") || strings.Contains(e.Text, "47.11") {
				t.Errorf("%s %s: a value shows in %s", name, what, e.Text)
			}
			if placeholders := strings.Count(e.Text, map[string]string{"sqlite": "?", "postgres": "$"}[name]); placeholders != len(e.Args) {
				t.Errorf("%s %s: %d placeholders for %d arguments in %s", name, what, placeholders, len(e.Args), e.Text)
			}
		}
	}
}

func TestTheStatementsOfAWrite(t *testing.T) {
	t.Parallel()
	books := schematest.Collection(t, schematest.MustRead(t, book), "books")
	key := plan.Tuple{value.OfText("a"), value.OfInt(1)}
	rows := []sqlgen.Guarded{{Key: key, Version: 1}, {Key: key, Version: 2}}
	for _, c := range []struct {
		d    sqlgen.Dialect
		want []string
	}{
		{sqlite.Dialect{}, []string{
			`UPDATE "books" SET "title" = ?1, "_version" = "_version" + 1 WHERE ("shelf" = ?2 AND "no" = ?3 AND "_version" = ?4)`,
			`DELETE FROM "books" WHERE ("shelf" = ?1 AND "no" = ?2 AND "_version" = ?3) OR ("shelf" = ?4 AND "no" = ?5 AND "_version" = ?6)`,
			`INSERT INTO "books" ("shelf", "no", "title", "price") VALUES (?, ?, ?, ?) ON CONFLICT ("shelf", "no") DO NOTHING RETURNING "shelf", "no"`,
			`INSERT INTO "books" ("shelf", "no", "title", "price") VALUES (?, ?, ?, ?), (?, ?, ?, ?)`,
		}},
		{postgres.Dialect{}, []string{
			`UPDATE "public"."books" SET "title" = ($1::text COLLATE "C"), "_fts_title" = ($2::text COLLATE "C")::tsvector, "_version" = "_version" + 1 WHERE ("shelf" = ($3::text COLLATE "C") AND "no" = $4::bigint AND "_version" = $5::bigint)`,
			`DELETE FROM "public"."books" WHERE ("shelf" = ($1::text COLLATE "C") AND "no" = $2::bigint AND "_version" = $3::bigint) OR ("shelf" = ($4::text COLLATE "C") AND "no" = $5::bigint AND "_version" = $6::bigint)`,
			`INSERT INTO "public"."books" ("shelf", "no", "title", "price", "_fts_title") VALUES (($1::text COLLATE "C"), $2::bigint, ($3::text COLLATE "C"), $4::numeric, $5::tsvector) ON CONFLICT ("shelf", "no") DO NOTHING RETURNING "shelf", "no"`,
			`INSERT INTO "public"."books" ("shelf", "no", "title", "price", "_fts_title") SELECT u.k0, u.k1, u.k2, u.k3, u.k4::tsvector FROM unnest($1::text[], $2::bigint[], $3::text[], $4::numeric[], $5::text[]) AS u(k0, k1, k2, k3, k4)`,
		}},
	} {
		var got []string
		keep := func(e sqlgen.Exec, err error) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.ReplaceAll(e.Text, "+?", "?"))
		}
		keep(sqlgen.Update(c.d, books, []*schema.Field{books.Fields[2]}, plan.Tuple{value.OfText("t")}, rows[:1]))
		keep(sqlgen.Delete(c.d, books, rows))
		keep(sqlgen.Insert(c.d, books, []plan.Tuple{{key[0], key[1], {}, {}}}, books.PrimaryKey, true))
		two := []plan.Tuple{{key[0], key[1], {}, {}}, {key[0], key[1], {}, {}}}
		keep(sqlgen.Insert(c.d, books, two, nil, false))
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("got  %s\nwant %s", got[i], c.want[i])
			}
		}
	}
}
