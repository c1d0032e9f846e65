// Package postgres owns the SQL of PostgreSQL: how the nodes of package ir and the stored forms of package value look there.
// Every expression is total: no stored value makes it raise. Every text expression carries COLLATE "C". Arguments are texts
// with an explicit type, so that any execution mode and any pooler carries them. The package opens no connection.
//
// Stored forms: text COLLATE "C", bigint, double precision, boolean, uuid, timestamptz, date, jsonb (lists too), bytea,
// numeric(p,s). A duration, which no column holds, is a bigint of µs.
package postgres

import (
	"fmt"
	"strconv"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Dialect is PostgreSQL's.
type Dialect struct{}

var _ sqlgen.Dialect = Dialect{}

const collate = ` COLLATE "C"`

// Placeholder is $n with the argument's type.
func (Dialect) Placeholder(n int, c sqlgen.Coding) string {
	text := "$" + strconv.Itoa(n) + "::" + argumentType(c)
	if textual(c) {
		return "(" + text + collate + ")"
	}
	return text
}

// Once is Placeholder.
func (d Dialect) Once(n int, c sqlgen.Coding) string { return d.Placeholder(n, c) }

// textual reports whether an argument is compared as text.
func textual(c sqlgen.Coding) bool {
	return c.Form == sqlgen.Plain && c.Type.Kind == value.Text && !c.Type.List || c.Form == sqlgen.Regex && !c.Type.List
}

func argumentType(c sqlgen.Coding) string {
	switch c.Form {
	case sqlgen.Elements:
		return typeName(computed(c.Type)) + "[]"
	case sqlgen.Regex:
		if c.Type.List {
			return "text[]"
		}
		return "text"
	case sqlgen.Query:
		switch c.Part {
		case sqlgen.Atoms:
			return "text[]" // relatives have no arrays of tsquery
		case sqlgen.Decided:
			return "boolean"
		}
		return "tsquery"
	}
	return typeName(computed(c.Type))
}

// computed is the type of an expression: a decimal without the bounds of a column.
func computed(t value.Type) value.Type {
	if t.Kind == value.Decimal {
		t.Precision, t.Scale = 0, 0
	}
	return t
}

func typeName(t value.Type) string {
	if t.List {
		return "jsonb"
	}
	switch t.Kind {
	case value.Int, value.Duration:
		return "bigint"
	case value.Float:
		return "double precision"
	case value.Decimal:
		if t.Precision > 0 {
			return fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale)
		}
		return "numeric"
	case value.Bool:
		return "boolean"
	case value.UUID:
		return "uuid"
	case value.Timestamp:
		return "timestamptz"
	case value.Date:
		return "date"
	case value.JSON:
		return "jsonb"
	case value.Bytes:
		return "bytea"
	}
	return "text"
}

// Null is a typed NULL.
func (Dialect) Null(t value.Type) string {
	text := "NULL::" + typeName(computed(t))
	if t.Kind == value.Text && !t.List {
		return "(" + text + collate + ")"
	}
	return text
}

// Table is the collection's table in its schema.
func (Dialect) Table(c *schema.Collection) string {
	return sqlgen.Quote(c.Space) + "." + sqlgen.Quote(c.Ident)
}

// Column carries the collation.
func (Dialect) Column(text string, t value.Type) string {
	if t.Kind == value.Text && !t.List {
		return "(" + text + collate + ")"
	}
	return text
}

// Cond gives NULL for a NULL condition.
func (Dialect) Cond(b *sqlgen.Builder, e *ir.Cond) string {
	return "(CASE " + b.Expr(e.If) + " WHEN TRUE THEN " + b.Expr(e.Then) + " WHEN FALSE THEN " + b.Expr(e.Else) + " END)"
}

// Range writes each clause by itself.
func (Dialect) Range(limit, offset string) string {
	text := ""
	if limit != "" {
		text = " LIMIT " + limit
	}
	if offset != "" {
		text += " OFFSET " + offset
	}
	return text
}
