package value

import (
	"context"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/socle-hq/socle/internal/testkit"
	"pgregory.net/rapid"
)

// ask gives a function that asks PostgreSQL for one text.
func ask(t *testing.T) func(t *rapid.T, query string, args ...any) string {
	db, err := pgx.Connect(t.Context(), testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	return func(rt *rapid.T, query string, args ...any) string {
		var text string
		if err := db.QueryRow(t.Context(), query, args...).Scan(&text); err != nil {
			rt.Fatalf("%s %q: %v", query, args, err)
		}
		return text
	}
}

func TestPostgresContainsTheSameJSON(t *testing.T) {
	t.Parallel()
	pg := ask(t)
	rapid.Check(t, func(t *rapid.T) {
		scalar := rapid.SampledFrom([]string{"1", "2", `"a"`, "null", "true"})
		flat := rapid.Custom(func(t *rapid.T) string {
			x, y := scalar.Draw(t, "x"), scalar.Draw(t, "y")
			return rapid.SampledFrom([]string{x, "[" + x + "]", "[" + x + "," + y + "]", `{"a":` + x + `}`, `{"a":` + x + `,"b":` + y + `}`, "[]", "{}"}).Draw(t, "flat")
		})
		deep := rapid.Custom(func(t *rapid.T) string {
			x, y := flat.Draw(t, "x"), flat.Draw(t, "y")
			return rapid.SampledFrom([]string{x, "[" + x + "," + y + "]", `{"a":` + x + `,"b":` + y + `}`, "[" + x + "]"}).Draw(t, "deep")
		})
		a, b := deep.Draw(t, "a"), deep.Draw(t, "b")
		want := pg(t, "SELECT ($1::text::jsonb @> $2::text::jsonb)::text", a, b) == "true"
		if got := Contains(OfJSON(a), OfJSON(b)); got != want {
			t.Fatalf("%s @> %s is %t", a, b, got)
		}
	})
}

func TestPostgresPrintsTheSameFloats(t *testing.T) {
	t.Parallel()
	pg := ask(t)
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1e16, 1e16), rapid.Map(rapid.IntRange(-320, 308), func(e int) float64 { return math.Pow10(e) })).
			Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) && f != 0 }).Draw(t, "f")
		if want, got := pg(t, "SELECT $1::float8::text", f), OfFloat(f).Text(); got != want {
			t.Fatalf("%s, PostgreSQL prints %s", got, want)
		}
	})
}

func TestPostgresMatchesTheSamePatterns(t *testing.T) {
	t.Parallel()
	pg := ask(t)
	rapid.Check(t, func(t *rapid.T) {
		s, pattern := rapid.StringMatching(`[abé%\\]{0,6}`).Draw(t, "s"), rapid.StringMatching(`([abé%_]|\\[a%_\\é]){0,6}`).Draw(t, "pattern")
		want := pg(t, "SELECT ($1::text LIKE $2::text)::text", s, pattern) == "true"
		if got := Like(s, pattern, false); got != want {
			t.Fatalf("%q like %q is %t", s, pattern, got)
		}
	})
}

func TestPostgresReadsTheSameArrayLiterals(t *testing.T) {
	t.Parallel()
	pg := ask(t)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`\{([ab "\\,]{0,5})\}`).Draw(t, "s")
		v, err := Parse(Type{Kind: Text, List: true}, s)
		if err != nil {
			return
		}
		want, _ := CanonicalJSON([]byte(pg(t, "SELECT to_jsonb($1::text::text[])::text", s)))
		if v.Str() != want {
			t.Fatalf("%s is %s, for PostgreSQL %s", s, v.Str(), want)
		}
	})
}

func TestPostgresRoundsAndDividesTheSameDecimals(t *testing.T) {
	t.Parallel()
	pg := ask(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDec(t, "a"), drawDec(t, "b")
		rounded, _ := a.Rescale(3, HalfAwayFromZero)
		if want := pg(t, "SELECT round($1::text::numeric, 3)::text", a.String()); rounded.String() != want {
			t.Fatalf("%s rounds to %s, for PostgreSQL %s", a, rounded, want)
		}
		if r, ok := a.Rem(b); ok {
			if want := pg(t, "SELECT ($1::text::numeric % $2::text::numeric)::text", a.String(), b.String()); r.String() != want {
				t.Fatalf("%s %% %s is %s, for PostgreSQL %s", a, b, r, want)
			}
		}
	})
}
