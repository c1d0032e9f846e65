package postgres

import (
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
// With several, the vectors judge its atoms, and the query over the atoms is judged on the set of those that are there; a
// covering query before it lets the indexes serve.
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
	return "(" + anyVector(vectors, b.QueryArg(e, sqlgen.Index, "")) + " AND array_to_tsvector(ARRAY(SELECT 'a' || a.n FROM unnest(" +
		b.QueryArg(e, sqlgen.Atoms, "") + ") WITH ORDINALITY AS a(q, n) WHERE " + anyVector(vectors, "a.q::tsquery") + ")) @@ " +
		b.QueryArg(e, sqlgen.Formula, "") + ")"
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
		if _, isEmpty := q.(lexeme.Empty); isEmpty {
			return "", nil
		}
		if cover, ok := sqlgen.Covering(q); ok {
			return atomsOf(cover, " | "), nil
		}
		return everything, nil
	case sqlgen.Atoms:
		var atoms []string
		for _, a := range collect(nil, q) {
			atoms = append(atoms, lexeme.TSQuery(a))
		}
		return array(atoms), nil
	case sqlgen.Formula:
		n := 0
		return formula(q, &n), nil
	}
	return lexeme.TSQuery(q), nil
}

// atomsOf is any of a query's atoms: a vector that has none of them cannot help the query to match.
func atomsOf(q lexeme.Query, or string) string {
	var parts []string
	for _, a := range collect(nil, q) {
		parts = append(parts, lexeme.TSQuery(a))
	}
	return strings.Join(parts, or)
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
