package function

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Result is what a function answers: Scalar, Rows or Steps.
type Result interface{ result() }

// Scalar is one value.
type Scalar struct {
	Type     value.Type
	Nullable bool
}

// Rows are objects, as the stored read selects them.
type Rows struct {
	Collection *schema.Collection
	Columns    []Column
}

// Column is one member of the objects. Rows, where set, are the objects it holds: one of them or null where One, a list otherwise.
type Column struct {
	Name     string
	Type     value.Type
	Enum     []string
	Nullable bool
	Rows     *Rows
	One      bool
}

// Steps is the answer of a transaction.
type Steps struct{}

func (Scalar) result() {}
func (Rows) result()   {}
func (Steps) result()  {}

// result is the function's, whose read gives rows; nil where it has a problem.
func (f *Function) result(rows *ir.Query) Result {
	switch {
	case f.Decl.Write != nil:
		return Steps{}
	case f.gives != nil:
		return Scalar{f.gives.Type(), nullable(f.gives, f.Decl.Args)}
	case rows != nil:
		return Rows{f.stored.Collection, columns(rows)}
	}
	return nil
}

func columns(q *ir.Query) []Column {
	var out []Column
	for _, it := range q.Items {
		switch it := it.(type) {
		case *ir.Output:
			out = append(out, column(it))
		case *ir.Embed:
			out = append(out, embedded(it)...)
		}
	}
	return out
}

func column(o *ir.Output) Column {
	c := Column{Name: o.Name, Type: o.X.Type(), Nullable: true}
	switch x := o.X.(type) {
	case *ir.Column:
		c.Enum, c.Nullable = x.Field.Enum, x.Field.Nullable()
	case *ir.Agg:
		c.Nullable = x.Fn != ir.CountRows
	}
	if o.Cast != nil {
		c.Type, c.Enum = *o.Cast, nil
	}
	return c
}

// embedded are the columns of an embed: itself, or what it spreads.
func embedded(e *ir.Embed) []Column {
	rows := &Rows{e.Query.Row.Collection, columns(e.Query)}
	switch {
	case e.Silent:
		return nil
	case !e.Spread:
		return []Column{{Name: e.Name, Rows: rows, One: e.Rel.ToOne(), Nullable: e.Rel.ToOne() && !e.Inner}}
	}
	for i := range rows.Columns {
		c := &rows.Columns[i]
		if e.Rel.ToOne() {
			c.Nullable = c.Nullable || !e.Inner
			continue
		}
		*c = Column{Name: c.Name, Type: value.Type{Kind: value.JSON}}
	}
	return rows.Columns
}

// nullable reports whether an expression may be NULL; it errs on the side of yes.
func nullable(e ir.Expr, args []*schema.Arg) bool {
	switch e := e.(type) {
	case *ir.Const:
		return e.Value.IsNull()
	case *ir.Param:
		return !args[e.Slot].Required
	case *ir.Auth:
		return e.Name != ir.Role && e.Name != ir.Anonymous
	case *ir.Now, *ir.IsNull, *ir.Test, *ir.Same, *ir.ListAny:
		return false
	case *ir.And:
		return anyNullable(e.Of, args)
	case *ir.Or:
		return anyNullable(e.Of, args)
	case *ir.Not:
		return nullable(e.X, args)
	case *ir.Compare:
		return anyNullable([]ir.Expr{e.L, e.R}, args)
	case *ir.Cond:
		return anyNullable([]ir.Expr{e.If, e.Then, e.Else}, args)
	case *ir.Length:
		return nullable(e.X, args)
	}
	return true
}

func anyNullable(of []ir.Expr, args []*schema.Arg) bool {
	for _, e := range of {
		if nullable(e, args) {
			return true
		}
	}
	return false
}
