package lexeme

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/socle-hq/socle/internal/testkit"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"
)

// drawQuery draws a query over a small vocabulary, so that it matches often.
func drawQuery(t *rapid.T, depth int) Query {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	switch kind {
	case 0, 1:
		return Term{rapid.SampledFrom([]string{"a", "ab", "é", "z", "b"}).Draw(t, "word"), kind == 1}
	case 2:
		terms := []Term{{Text: "a"}, {Text: rapid.SampledFrom([]string{"a", "b", "ab"}).Draw(t, "next"), Prefix: rapid.Bool().Draw(t, "prefix")}}
		return Phrase{terms}
	case 3:
		return Not{drawQuery(t, depth-1)}
	}
	parts := []Query{drawQuery(t, depth-1), drawQuery(t, depth-1)}
	if kind == 4 {
		return And{parts}
	}
	return Or{parts}
}

func drawText(t *rapid.T, label string) []Token {
	drawn := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "é", "z", "za"}), 0, 5).Draw(t, label)
	tokens := make([]Token, len(drawn))
	for i, text := range drawn {
		tokens[i] = Token{text, i + 1}
	}
	return tokens
}

// searchFTS5 asks SQLite, taking negation as the difference of sets.
func searchFTS5(t *rapid.T, db *sql.DB, q Query) bool {
	if expression, ok := FTS5(q); ok {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM f WHERE f MATCH ?", "{a b} : ("+expression+")").Scan(&n); err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		return n > 0
	}
	switch q := q.(type) {
	case And:
		return searchFTS5(t, db, q.Parts[0]) && searchFTS5(t, db, q.Parts[1])
	case Or:
		return searchFTS5(t, db, q.Parts[0]) || searchFTS5(t, db, q.Parts[1])
	}
	return !searchFTS5(t, db, q.(Not).Part)
}

func TestSQLiteFindsWhatMatchFinds(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE VIRTUAL TABLE f USING fts5(a, b, tokenize='ascii')"); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		fields := [][]Token{drawText(t, "a"), drawText(t, "b")}
		q := drawQuery(t, 3)
		if _, err := db.Exec("INSERT OR REPLACE INTO f(rowid, a, b) VALUES (1, ?, ?)", Document(fields[0]), Document(fields[1])); err != nil {
			t.Fatal(err)
		}
		if got, want := searchFTS5(t, db, q), Match(q, fields); got != want {
			t.Fatalf("%s over %q: SQLite says %t, Match %t", TSQuery(q), strings.Join([]string{words(fields[0]), words(fields[1])}, " / "), got, want)
		}
	})
}

func TestPostgresFindsWhatMatchFinds(t *testing.T) {
	t.Parallel()
	db, err := pgx.Connect(t.Context(), testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	rapid.Check(t, func(rt *rapid.T) {
		tokens, q := drawText(rt, "a"), drawQuery(rt, 3)
		var got bool
		if err := db.QueryRow(t.Context(), "SELECT $1::text::tsvector @@ $2::text::tsquery", Vector(tokens), TSQuery(q)).Scan(&got); err != nil {
			rt.Fatalf("%s: %v", TSQuery(q), err)
		}
		if want := Match(q, [][]Token{tokens}); got != want {
			rt.Fatalf("%s over %q: PostgreSQL says %t, Match %t", TSQuery(q), words(tokens), got, want)
		}
	})
}

func TestPostgresHoldsTheLargestTexts(t *testing.T) {
	t.Parallel()
	db, err := pgx.Connect(t.Context(), testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	var wide, many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&wide, "%0250dé ", i)
		fmt.Fprintf(&many, "%d a ", i)
	}
	for _, text := range []string{wide.String(), many.String()} {
		tokens := Tokenise(Simple, text)
		var last bool
		q := TSQuery(Phrase{[]Term{{Text: tokens[len(tokens)-2].Text}, {Text: tokens[len(tokens)-1].Text}}})
		if err := db.QueryRow(t.Context(), "SELECT $1::text::tsvector @@ $2::text::tsquery", Vector(tokens), q).Scan(&last); err != nil || !last {
			t.Errorf("the last of %d tokens are not found: %v", len(tokens), err)
		}
	}
}
