package postgres

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Path chains -> so that a key never reads an element and an index never reads a member. A text of an object or array is
// its canonical text, and JSON null has none.
func (Dialect) Path(b *sqlgen.Builder, e *ir.Path) string {
	x := b.Expr(e.X)
	for _, s := range e.Steps {
		x = followed(b, x, s)
	}
	if !e.Text {
		return x
	}
	return "(SELECT " + jsonText("j.v") + " FROM (SELECT " + x + " AS v) AS j)"
}

// followed is one step. To PostgreSQL a scalar is an array of itself, so an index asks first what it meets.
func followed(b *sqlgen.Builder, x string, s value.Step) string {
	if !s.IsIndex {
		t := value.Type{Kind: value.Text}
		return "(" + x + " -> " + b.Arg(&ir.Const{Value: value.OfText(s.Key), T: t}, sqlgen.Coding{Type: t}) + ")"
	}
	t := value.Type{Kind: value.Int}
	index := b.Arg(&ir.Const{Value: value.OfInt(int64(s.Index)), T: t}, sqlgen.Coding{Type: t})
	return "(SELECT CASE WHEN jsonb_typeof(j.v) = 'array' THEN j.v -> (" + index + ")::int END FROM (SELECT " + x + " AS v) AS j)"
}

// jsonText is a jsonb column's ->> form.
func jsonText(x string) string {
	return "(CASE WHEN jsonb_typeof(" + x + ") IN ('object', 'array') THEN " + canonical(x) + " ELSE " + scalar(x) + " END)"
}

// scalar is the text of a jsonb that is neither object nor array.
func scalar(x string) string { return "((" + x + " #>> '{}')" + collate + ")" }

// canonical is a jsonb's text without the spaces that PostgreSQL prints: its keys and numbers are canonical already. The
// pattern takes a whole string, or a separator and its space, and gives back what it took but for the space.
func canonical(x string) string {
	return `(regexp_replace((` + x + `)::text, '("(?:[^"\\]|\\.)*")|([,:]) ', '\1\2', 'g')` + collate + `)`
}

// jsonRank orders the kinds of JSON.
func jsonRank(x string) string {
	return "(CASE jsonb_typeof(" + x + ") WHEN 'null' THEN 0 WHEN 'string' THEN 1 WHEN 'number' THEN 2 WHEN 'boolean' THEN 3" +
		" WHEN 'array' THEN 4 WHEN 'object' THEN 5 END)"
}

func jsonNumber(x string) string {
	return "(CASE WHEN jsonb_typeof(" + x + ") = 'number' THEN (" + x + " #>> '{}')::numeric ELSE 0 END)"
}

// jsonKey is a row value that orders as JSON does.
func jsonKey(x string) string {
	return "(" + jsonRank(x) + ", " + jsonNumber(x) + ", " + canonical(x) + ")"
}

// Set is jsonb containment; lists overlap where they share an element.
func (Dialect) Set(b *sqlgen.Builder, e *ir.Set) string {
	l, r := b.Expr(e.L), b.Expr(e.R)
	switch e.Op {
	case ir.Contains:
		return "(" + l + " @> " + r + ")"
	case ir.Contained:
		return "(" + l + " <@ " + r + ")"
	}
	return "(SELECT CASE WHEN s.l IS NOT NULL AND s.r IS NOT NULL THEN EXISTS (SELECT 1 FROM jsonb_array_elements(s.l) AS a(v)" +
		" JOIN jsonb_array_elements(s.r) AS b(v) ON a.v = b.v) END FROM (SELECT " + l + " AS l, " + r + " AS r) AS s)"
}

// Length counts code points, bytes or elements.
func (Dialect) Length(b *sqlgen.Builder, e *ir.Length) string {
	x, t := b.Expr(e.X), e.X.Type()
	switch {
	case t.List:
		return "jsonb_array_length(" + x + ")::bigint"
	case t.Kind == value.Bytes:
		return "octet_length(" + x + ")::bigint"
	case t.Kind == value.JSON:
		return "(SELECT CASE WHEN j.v IS NOT NULL THEN (CASE WHEN jsonb_typeof(j.v) = 'array' THEN jsonb_array_length(j.v)" +
			" ELSE 0 END)::bigint END FROM (SELECT " + x + " AS v) AS j)"
	}
	return "char_length((" + x + ")::text)::bigint"
}

// ListAny walks the elements.
func (Dialect) ListAny(b *sqlgen.Builder, e *ir.ListAny) string {
	list, each := b.Expr(e.X), b.Alias()
	cond := b.Bound(e.V, element(e.V.Of, each+".v"), func() string { return b.Expr(e.Cond) })
	from := "EXISTS (SELECT 1 FROM jsonb_array_elements(" + list + ") AS " + each + "(v) WHERE "
	if e.All {
		return "(NOT " + from + "(" + cond + ") IS NOT TRUE))"
	}
	return from + cond + ")"
}

// element reads a list's element as its type; lists hold nothing else.
func element(t value.Type, x string) string {
	switch t.Kind {
	case value.JSON:
		return x
	case value.Text:
		return scalar(x)
	case value.Bytes:
		return "decode(" + x + " #>> '{}', 'base64')"
	}
	return "(" + x + " #>> '{}')::" + typeName(computed(t))
}
