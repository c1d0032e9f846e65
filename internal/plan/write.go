package plan

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Mutation is what one write does, apart from its values: which stored rows it is about, what has to hold, and the
// representation. The zero Mutation has no bound write and every consumer refuses it.
type Mutation struct {
	bound    policy.BoundWrite
	target   *Select
	create   Rule
	check    Rule
	fields   []Rule
	checks   []Rule
	seen     *Select
	known    *Select
	allowed  *Select
	returned *Level
}

// Rule is a condition on rows that are not in the database, or not yet as they will be. Over says which fields of which rows it
// needs to be decided there; a Rule without Over walks no relation and is decided in memory.
type Rule struct {
	Field *schema.Field // of a field rule
	Cond  ir.Expr
	Over  []Image
}

// Image is a row given by its values: those of Fields.
type Image struct {
	Row    *ir.Row
	Fields []*schema.Field
}

// BuildWrite plans a bound mutation: the only constructor of a Mutation.
func BuildWrite(b policy.BoundWrite, l Limits) (Mutation, error) {
	if b.Row() == nil {
		return Mutation{}, fault.New(fault.Internal, "Internal error")
	}
	pl := &planner{limits: l}
	m := Mutation{bound: b, create: rule(b, b.Create()), check: rule(b, b.Check())}
	for _, f := range b.Fields() {
		r := rule(b, f.Cond)
		r.Field = f.Field
		m.fields = append(m.fields, r)
	}
	for _, e := range b.Checks() {
		m.checks = append(m.checks, rule(b, e))
	}
	if b.Action() != ir.Insert {
		m.target = pl.target(b)
	}
	m.seen = pl.among(b.Row(), b.Readable())
	m.known = pl.among(b.Row(), b.Known())
	m.allowed = pl.among(b.Row(), b.Allowed())
	if q := b.Returned().Query(); q != nil {
		m.returned = pl.returned(q)
	}
	return m, pl.err
}

// Bound is the write the mutation was planned from.
func (m Mutation) Bound() policy.BoundWrite { return m.bound }

// Target selects the stored rows of an update or a delete as ImageColumns, in the order of their identity.
func (m Mutation) Target() *Select { return m.target }

// Create, Check, Fields and Checks are the conditions of the bound write.
func (m Mutation) Create() Rule   { return m.create }
func (m Mutation) Check() Rule    { return m.check }
func (m Mutation) Fields() []Rule { return m.fields }
func (m Mutation) Checks() []Rule { return m.checks }

// Seen selects, for identities as parents, those of rows that the actor may read; nil where all are.
func (m Mutation) Seen() *Select { return m.seen }

// Known selects, for identities as parents, those of rows that the actor may read with their conflict key; nil where all are.
func (m Mutation) Known() *Select { return m.known }

// Allowed selects, for identities as parents, those of rows that the actor may change; nil where all are.
func (m Mutation) Allowed() *Select { return m.allowed }

// Returned is the representation of the rows whose identities are given as parents; nil where none is wanted.
func (m Mutation) Returned() *Level { return m.returned }

// PrintReturned gives the stable text of a mutation's representation, "" where it has none.
func PrintReturned(m Mutation) string { return Print(Plan{root: m.returned}) }

// Identity is what tells a collection's stored rows apart: the primary key, or the hidden row number where there is none.
func Identity(c *schema.Collection) []*schema.Field {
	if len(c.PrimaryKey) > 0 {
		return c.PrimaryKey
	}
	return []*schema.Field{hidden(c, schema.SystemRow)}
}

// hidden is a system column as a field. It is in no catalogue, so that nothing but a plan can name it.
func hidden(c *schema.Collection, name schema.SystemName) *schema.Field {
	id := schema.System(name)
	return &schema.Field{Collection: c, Ordinal: len(c.Fields), Name: id.Name(), Ident: id, Required: true, Type: value.Type{Kind: value.Int}}
}

// ImageColumns is a stored row in full: its stored fields in order, its version, then its identity.
func ImageColumns(row *ir.Row) []ir.Expr {
	var out []ir.Expr
	for _, f := range row.Collection.Fields {
		if f.Computed == nil {
			out = append(out, &ir.Column{Row: row, Field: f})
		}
	}
	out = append(out, &ir.Column{Row: row, Field: hidden(row.Collection, schema.SystemVersion)})
	return append(out, columnsOf(row, Identity(row.Collection))...)
}

func columnsOf(row *ir.Row, fields []*schema.Field) []ir.Expr {
	out := make([]ir.Expr, len(fields))
	for i, f := range fields {
		out[i] = &ir.Column{Row: row, Field: f}
	}
	return out
}

// Holders selects the stored rows, as ImageColumns after the ordinal, whose fields have the parents' values. It is trusted: the
// engine's own look-ups (cascades, conflicts, references) use it, and no answer shows what it finds. The rows of a parent are in
// the order of their identity: so are the changes that are logged of them.
func Holders(fields []*schema.Field) *Select {
	row := &ir.Row{Collection: fields[0].Collection, Label: "held"}
	s := &Select{From: Source{Row: row}, Columns: append([]ir.Expr{nil}, ImageColumns(row)...),
		Parents: &Parents{Key: columnsOf(row, fields)}}
	for _, x := range columnsOf(row, Identity(row.Collection)) {
		s.Order = append(s.Order, ir.Order{X: x})
	}
	return s
}

// target reads one row more than may be written, so that too many are noticed.
func (pl *planner) target(b policy.BoundWrite) *Select {
	s := &Select{From: Source{Row: b.Row()}, Where: pl.filter(b.Target()), Columns: ImageColumns(b.Row())}
	for _, x := range columnsOf(b.Row(), Identity(b.Row().Collection)) {
		s.Order = append(s.Order, ir.Order{X: x})
	}
	if pl.limits.Writes > 0 {
		s.Limit = &ir.Const{Value: value.OfInt(int64(pl.limits.Writes) + 1), T: value.Type{Kind: value.Int}}
	}
	return s
}

func (pl *planner) among(row *ir.Row, cond ir.Expr) *Select {
	if ir.IsTrue(cond) {
		return nil
	}
	return &Select{From: Source{Row: row}, Columns: []ir.Expr{nil}, Where: pl.filter(cond),
		Parents: &Parents{Key: columnsOf(row, Identity(row.Collection))}}
}

// returned is the representation's level, its rows found by their identity. The rows that were written are its range.
func (pl *planner) returned(q *ir.Query) *Level {
	if q.Aggregates() || q.Limit != nil || q.Offset != nil || q.After != nil {
		pl.refuse(fault.New(fault.NotImplemented, "Feature not implemented").
			WithDetails("the rows that were written can be returned, not aggregated or cut off"))
		return nil
	}
	plain := *q
	plain.Order = nil
	return pl.level(&plain, &Parents{Key: columnsOf(q.Row, Identity(q.Row.Collection))}).level
}

// rule finds out what a condition needs.
func rule(b policy.BoundWrite, e ir.Expr) Rule {
	r := Rule{Cond: e}
	if !walks(e) {
		return r
	}
	for _, row := range []*ir.Row{b.New(), b.Old()} {
		if fields := reads(e, row); len(fields) > 0 {
			r.Over = append(r.Over, Image{row, fields})
		}
	}
	return r
}

// walks reports whether a condition reads rows other than its own.
func walks(e ir.Expr) bool {
	found := false
	ir.Visit(e, func(x ir.Expr) bool {
		switch x.(type) {
		case *ir.Through, *ir.Exists, *ir.Count, *ir.Search:
			found = true
		}
		return !found
	})
	return found
}

// reads is the fields of a row that a condition reads or leaves it by, in the collection's order.
func reads(e ir.Expr, row *ir.Row) []*schema.Field {
	used := map[*schema.Field]bool{}
	leave := func(from *ir.Row, r *schema.Relation) {
		if from != row {
			return
		}
		if r.Junction != nil {
			r, _ = r.Halves()
		}
		for _, p := range r.Pairs {
			used[p.From] = true
		}
	}
	ir.Visit(e, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.Column:
			if x.Row == row {
				used[x.Field] = true
			}
		case *ir.Through:
			leave(x.From, x.Rel)
		case *ir.Exists:
			leave(x.From, x.Path[0])
		case *ir.Count:
			leave(x.From, x.Rel)
		}
		return true
	})
	var out []*schema.Field
	for _, f := range row.Collection.Fields {
		if used[f] {
			out = append(out, f)
		}
	}
	return out
}
