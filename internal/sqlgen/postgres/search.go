package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// everything matches every vector: encoded tokens begin with x.
const everything = "!nowhere"

// Search asks each field's own vector, so that no phrase crosses fields. With one field PostgreSQL judges the whole query.
// With several, the vectors judge its atoms, and the query over the atoms is judged on the set of those that are there. A test
// that the indexes serve comes before it, and where that says all, which is to say mostly, no row is judged but by an index.
func (Dialect) Search(b *sqlgen.Builder, e *ir.Search) string {
	ref, ok := b.Ref(e.Row)
	if !ok || ref.Derived != nil || e.Row.Collection.Search == nil || len(e.Fields) == 0 {
		return b.Impossible(e)
	}
	vectors := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		vectors[i] = ref.Alias + "." + sqlgen.Quote(vectorColumn(f))
	}
	if len(vectors) == 1 {
		return "(" + vectors[0] + " IS NOT NULL AND " + vectors[0] + " @@ " + b.QueryArg(e, sqlgen.Entire, "") + ")"
	}
	return "(" + anyVector(vectors, b.QueryArg(e, sqlgen.Index, "")) + " AND (" + b.QueryArg(e, sqlgen.Decided, "") +
		" OR array_to_tsvector(ARRAY(SELECT 'a' || a.n FROM unnest(" + b.QueryArg(e, sqlgen.Atoms, "") +
		") WITH ORDINALITY AS a(q, n) WHERE " + anyVector(vectors, "a.q::tsquery") + ")) @@ " + b.QueryArg(e, sqlgen.Formula, "") + "))"
}

func anyVector(vectors []string, query string) string {
	tests := make([]string, len(vectors))
	for i, v := range vectors {
		tests[i] = "(" + v + " IS NOT NULL AND " + v + " @@ " + query + ")"
	}
	return "(" + strings.Join(tests, " OR ") + ")"
}

// vectorColumn is the column of a search field's encoded tokens.
func vectorColumn(f *schema.Field) schema.Ident { return schema.Derive(schema.ForSearch, f.Ident) }

func bindQuery(c sqlgen.Coding, v value.Value) (any, error) {
	q, err := sqlgen.ParseQuery(c, v)
	if err != nil {
		return nil, err
	}
	switch c.Part {
	case sqlgen.Index:
		return indexed(q), nil
	case sqlgen.Decided:
		return strconv.FormatBool(disjunction(q)), nil
	case sqlgen.Atoms:
		return arrayOf(written(collect(nil, q))), nil
	case sqlgen.Formula:
		n := 0
		return formula(q, &n), nil
	}
	return lexeme.TSQuery(q), nil
}

// indexed is a query for each vector that one of them matches in every row that matches q.
func indexed(q lexeme.Query) string {
	if _, isEmpty := q.(lexeme.Empty); isEmpty {
		return ""
	}
	cover, ok := sqlgen.Covering(q)
	if !ok {
		return everything
	}
	return strings.Join(written(narrowest(cover)), " | ")
}

// narrowest is the fewest atoms of a query without negation of which every match has one: of a conjunction, those of the part that
// is likely to be in the fewest rows, the one with the longest words.
func narrowest(q lexeme.Query) []lexeme.Query {
	switch q := q.(type) {
	case lexeme.And:
		best := narrowest(q.Parts[0])
		for _, p := range q.Parts[1:] {
			if of := narrowest(p); len(of) < len(best) || len(of) == len(best) && letters(of) > letters(best) {
				best = of
			}
		}
		return best
	case lexeme.Or:
		var all []lexeme.Query
		for _, p := range q.Parts {
			all = append(all, narrowest(p)...)
		}
		return all
	}
	return []lexeme.Query{q}
}

// letters counts those of whole words: one that is cut short may be the beginning of many.
func letters(of []lexeme.Query) (n int) {
	for _, text := range written(of) {
		if !strings.HasSuffix(text, ":*") {
			n += len(text)
		}
	}
	return n
}

// disjunction reports whether a row matches q exactly where it has any of its atoms.
func disjunction(q lexeme.Query) bool {
	switch q := q.(type) {
	case lexeme.Term, lexeme.Phrase:
		return true
	case lexeme.Or:
		return !slices.ContainsFunc(q.Parts, func(p lexeme.Query) bool { return !disjunction(p) })
	}
	return false
}

func written(of []lexeme.Query) []string {
	out := make([]string, len(of))
	for i, q := range of {
		out[i] = lexeme.TSQuery(q)
	}
	return out
}

// collect appends the terms and phrases of q in the order in which formula counts them.
func collect(atoms []lexeme.Query, q lexeme.Query) []lexeme.Query {
	for _, p := range parts(q) {
		atoms = collect(atoms, p)
	}
	switch q.(type) {
	case lexeme.Term, lexeme.Phrase:
		return append(atoms, q)
	}
	return atoms
}

func parts(q lexeme.Query) []lexeme.Query {
	switch q := q.(type) {
	case lexeme.And:
		return q.Parts
	case lexeme.Or:
		return q.Parts
	case lexeme.Not:
		return []lexeme.Query{q.Part}
	}
	return nil
}

// formula is q with a1, a2 … in the place of its atoms.
func formula(q lexeme.Query, n *int) string {
	var texts []string
	for _, p := range parts(q) {
		texts = append(texts, formula(p, n))
	}
	switch q.(type) {
	case lexeme.Term, lexeme.Phrase:
		*n++
		return "a" + strconv.Itoa(*n)
	case lexeme.Not:
		return "!" + texts[0]
	case lexeme.And:
		return "(" + strings.Join(texts, " & ") + ")"
	case lexeme.Or:
		return "(" + strings.Join(texts, " | ") + ")"
	}
	return ""
}
