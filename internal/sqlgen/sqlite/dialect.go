// Package sqlite owns the SQL of SQLite: how the nodes of package ir and the stored forms of package value look there, and
// the functions (Functions, Aggregates, Collations) that the SQL calls where SQLite's own mean something else. It opens no
// database; package store/sqlite registers the functions.
//
// Stored forms, in STRICT tables: text, uuid TEXT; int, bool, timestamp (µs), date (days) INTEGER; float REAL; bytes BLOB; json
// and lists TEXT in canonical form; decimals of up to 18 digits INTEGER scaled by their scale, longer ones TEXT of fixed width
// that sorts like the number. A computed decimal is TEXT as it prints: every form tells itself apart.
package sqlite

import (
	"strconv"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Dialect is SQLite's.
type Dialect struct{}

var _ sqlgen.Dialect = Dialect{}

// Placeholder is +?n. The sign changes nothing but that SQLite's planner does not look at the value: it would prepare the
// statement anew for every value of a bare parameter in a join.
func (Dialect) Placeholder(n int, _ sqlgen.Coding) string { return "+?" + strconv.Itoa(n) }

// Once is a parameter without a number: the driver looks numbers up one by one.
func (Dialect) Once(int, sqlgen.Coding) string { return "?" }

// Null needs no type.
func (Dialect) Null(value.Type) string { return "NULL" }

// Table is one identifier: SQLite has no namespaces.
func (Dialect) Table(c *schema.Collection) string { return sqlgen.Quote(table(c)) }

func table(c *schema.Collection) schema.Ident { return schema.Flat(c.Space, c.Ident) }

// Column needs no collation: BINARY is the default.
func (Dialect) Column(text string, _ value.Type) string { return text }

// Cond makes both branches of a decimal alike.
func (Dialect) Cond(b *sqlgen.Builder, e *ir.Cond) string {
	return "(CASE " + b.Expr(e.If) + " WHEN TRUE THEN " + branch(b, e.Then) + " WHEN FALSE THEN " + branch(b, e.Else) + " END)"
}

func branch(b *sqlgen.Builder, e ir.Expr) string {
	if _, ok := stored(b, e); ok && isDecimal(e.Type()) {
		return call("socle_dec", code(e.Type()), b.Expr(e))
	}
	return b.Expr(e)
}

// Range writes the clauses in the only order SQLite has them. The sums hide the parameters from its planner, which would
// prepare the statement anew for every value of a bare one.
func (Dialect) Range(limit, offset string) string {
	switch {
	case offset == "" && limit == "":
		return ""
	case offset == "":
		return " LIMIT 0+" + limit
	case limit == "":
		limit = "(-1)"
	}
	return " LIMIT 0+" + limit + " OFFSET 0+" + offset
}

// code is a type as an integer literal, for functions that decode their operands.
func code(t value.Type) string { return strconv.FormatInt(typeCode(t), 10) }

func typeCode(t value.Type) int64 {
	n := int64(t.Kind) | int64(t.Precision)<<16 | int64(t.Scale)<<24
	if t.List {
		n |= 1 << 8
	}
	return n
}

func typeOf(code int64) value.Type {
	return value.Type{Kind: value.Kind(code & 0xff), List: code>>8&1 == 1, Precision: uint8(code >> 16), Scale: uint8(code >> 24)}
}

func call(function string, args ...string) string {
	out := function + "("
	for i, a := range args {
		if i > 0 {
			out += ", "
		}
		out += a
	}
	return out + ")"
}

// typed is an expression as two arguments of a function: its type and its raw form.
func typed(b *sqlgen.Builder, e ir.Expr) (typ, raw string) { return code(e.Type()), b.Expr(e) }

func isDecimal(t value.Type) bool { return t.Kind == value.Decimal && !t.List }
