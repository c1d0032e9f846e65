package sqlgen

import (
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
)

// Clauses is a rendered select in parts. Columns have no aliases yet; with Parents, the first is empty.
type Clauses struct {
	Columns []string
	From    string
	Where   []string
	Group   []string
	Having  string
	Order   []Term
	Range   string
}

// Text puts the parts together.
func (c *Clauses) Text() string {
	var s strings.Builder
	s.WriteString("SELECT " + strings.Join(named(c.Columns), ", ") + " FROM " + c.From)
	clause(&s, " WHERE ", " AND ", c.Where)
	clause(&s, " GROUP BY ", ", ", c.Group)
	if c.Having != "" {
		s.WriteString(" HAVING " + c.Having)
	}
	clause(&s, " ORDER BY ", ", ", Terms(c.Order))
	s.WriteString(c.Range)
	return s.String()
}

// Terms is the texts of ordering terms.
func Terms(of []Term) []string {
	out := make([]string, len(of))
	for i, t := range of {
		out[i] = t.Text + t.Direction
	}
	return out
}

func named(columns []string) []string {
	if len(columns) == 0 {
		return []string{"1"}
	}
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c + " AS " + Output(i)
	}
	return out
}

func clause(s *strings.Builder, head, sep string, parts []string) {
	if len(parts) > 0 {
		s.WriteString(head + strings.Join(parts, sep))
	}
}

// Select is the text of a select that has no Parents.
func (b *Builder) Select(s *plan.Select) string {
	c, leave := b.Clauses(s)
	defer leave()
	return c.Text()
}

// Clauses renders the parts of a select and keeps its rows in scope until leave. Parents are not part of them but for Via,
// which is joined; an engine adds the rest.
func (b *Builder) Clauses(s *plan.Select) (*Clauses, func()) {
	c := &Clauses{}
	var leave func()
	c.From, leave = b.from(s)
	if !ir.IsTrue(s.Where) {
		c.Where = append(c.Where, b.Expr(s.Where))
	}
	if s.Grouped {
		defer b.remember(s.Group)()
	}
	c.Columns = make([]string, len(s.Columns))
	for i, x := range s.Columns {
		if x != nil {
			c.Columns[i] = b.Expr(x)
		}
	}
	if s.Grouped {
		c.Group = b.group(s, c.Columns)
	}
	if s.Having != nil && !ir.IsTrue(s.Having) {
		c.Having = b.Expr(s.Having)
	}
	for _, o := range s.Order {
		c.Order = append(c.Order, b.order(o)...)
	}
	c.Range = b.dialect.Range(b.optional(s.Limit), b.optional(s.Offset))
	return c, leave
}

// remembered holds the texts of a select's grouping expressions. An engine recognises one elsewhere in the select only if it is
// written alike, aliases and parameters included.
type remembered struct {
	printer *ir.Printer // one for all keys: it names rows by identity
	texts   map[string]string
}

// remember makes Expr write each of the expressions in one way until forget.
func (b *Builder) remember(of []ir.Expr) (forget func()) {
	before := b.groups
	b.groups = nil
	r := &remembered{printer: ir.NewPrinter(), texts: map[string]string{}}
	for _, e := range of {
		r.texts[r.key(e)] = b.Expr(e)
	}
	b.groups = r
	return func() { b.groups = before }
}

func (r *remembered) key(e ir.Expr) string {
	start := len(r.printer.String())
	r.printer.Expr(e)
	return r.printer.String()[start:]
}

// written is the remembered text of an expression. Leaves and columns are written alike anyway.
func (b *Builder) written(e ir.Expr) (text string, ok bool) {
	if _, column := e.(*ir.Column); b.groups == nil || column || isLeaf(e) {
		return "", false
	}
	text, ok = b.groups.texts[b.groups.key(e)]
	return text, ok
}

func (b *Builder) optional(e ir.Expr) string {
	if e == nil {
		return ""
	}
	return b.Expr(e)
}

// order leaves out NULLS FIRST and LAST where the term cannot be NULL, so that every index serves. A literal orders nothing, and
// engines read it as the place of a column.
func (b *Builder) order(o ir.Order) []Term {
	if _, literal := o.X.(*ir.Const); literal {
		return nil
	}
	terms := b.dialect.Order(b, o)
	if b.required(o.X) {
		for i := range terms {
			terms[i].Direction, _, _ = strings.Cut(terms[i].Direction, " NULLS")
		}
	}
	return terms
}

func (b *Builder) required(x ir.Expr) bool {
	c, ok := x.(*ir.Column)
	if !ok || c.Field.Nullable() {
		return false
	}
	ref, ok := b.scope[c.Row]
	return ok && ref.Derived == nil && !ref.Outer
}

// group names a grouping term by its place among the columns, where it has one: so both mean the same expression.
func (b *Builder) group(s *plan.Select, columns []string) []string {
	var out []string
	for _, g := range s.Group {
		text := b.Expr(g)
		for i, c := range columns {
			if c == text {
				text = Literal(i + 1)
				break
			}
		}
		out = append(out, text)
	}
	return out
}

// from is the FROM clause: the junction of Parents first, then the source, then the joins.
func (b *Builder) from(s *plan.Select) (string, func()) {
	var leaves []func()
	var text string
	if p := s.Parents; p != nil && p.Via != nil {
		via, leave := b.source(*p.Via, false)
		leaves = append(leaves, leave)
		from, leave := b.source(s.From, false)
		leaves = append(leaves, leave)
		text = via + " JOIN " + from + " ON " + b.condition(p.ViaOn)
	} else {
		from, leave := b.source(s.From, false)
		leaves = append(leaves, leave)
		text = from
	}
	for _, j := range s.Joins {
		join, leave := b.source(j.Source, !j.Inner)
		leaves = append(leaves, leave)
		kind := " LEFT JOIN "
		if j.Inner {
			kind = " JOIN "
		}
		text += kind + join + " ON " + b.condition(j.On)
	}
	return text, func() {
		for i := len(leaves) - 1; i >= 0; i-- {
			leaves[i]()
		}
	}
}

func (b *Builder) condition(e ir.Expr) string {
	if e == nil {
		return "TRUE"
	}
	return b.Expr(e)
}

// source is a table or a derived select with its alias, and its row in scope.
func (b *Builder) source(src plan.Source, outer bool) (string, func()) {
	if src.Derived == nil {
		if src.Row.Collection.View != nil {
			b.Impossible(src)
		}
		alias, leave := b.Enter(src.Row, Ref{Outer: outer})
		return b.dialect.Table(src.Row.Collection) + " AS " + alias, leave
	}
	text := b.Select(src.Derived)
	alias, leave := b.Enter(src.Row, Ref{Derived: src.Derived, Outer: outer})
	return "(" + text + ") AS " + alias, leave
}

// StoredFields is a collection's stored fields in order: the columns of its table.
func StoredFields(c *schema.Collection) []*schema.Field {
	out := make([]*schema.Field, 0, len(c.Fields))
	for _, f := range c.Fields {
		if f.Computed == nil {
			out = append(out, f)
		}
	}
	return out
}
