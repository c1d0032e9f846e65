// Package records owns how the product reads and writes its own collections, the accounts and what belongs to them: rows by field
// name, conditions that are all to hold, transactions. It goes the way of every request, through the engine, as policy.Product.
// It knows nothing of what the rows mean.
package records

import (
	"context"
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Namespace is where the product's own collections are.
const Namespace = "auth"

// Row is a row by field name. A row that was read has every field.
type Row map[string]value.Value

// Cond is a condition on a field.
type Cond struct {
	field string
	op    ir.CompareOp
	value value.Value
	null  bool
	among bool // the field has one of the values
	of    []value.Value
	part  bool // the value is a pattern of LIKE
}

// Is holds where the field has the value, which is not NULL.
func Is(field string, v value.Value) Cond { return Cond{field: field, op: ir.Eq, value: v} }

// Not holds where the field has another value.
func Not(field string, v value.Value) Cond { return Cond{field: field, op: ir.Ne, value: v} }

// Null holds where the field has no value.
func Null(field string) Cond { return Cond{field: field, null: true} }

// Upto holds where the field is at most the value; From where it is at least.
func Upto(field string, v value.Value) Cond { return Cond{field: field, op: ir.Le, value: v} }

// From holds where the field is at least the value.
func From(field string, v value.Value) Cond { return Cond{field: field, op: ir.Ge, value: v} }

// Among holds where the field has one of the values, which are of its type.
func Among(field string, values []value.Value) Cond {
	return Cond{field: field, among: true, of: values}
}

// Contains holds where a text has a part, the case of ASCII letters aside.
func Contains(field, part string) Cond {
	escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(part)
	return Cond{field: field, part: true, value: value.OfText("%" + escaped + "%")}
}

// Query selects rows of a collection of the namespace.
type Query struct {
	Of            string
	Where         []Cond
	Order         []string // field names, "-" before one for descending
	Limit, Offset int64    // 0: all, from the first
	Count         bool
}

// Reader reads: a Book at an instant, or a Tx.
type Reader interface {
	// Read gives the rows, and how many there are regardless of the range where Count asks for that.
	Read(Query) ([]Row, int64, error)
}

// Find is the only row for which the conditions hold.
func Find(r Reader, of string, where ...Cond) (Row, bool, error) {
	rows, _, err := r.Read(Query{Of: of, Where: where, Limit: 2})
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	if len(rows) > 1 {
		return nil, false, fmt.Errorf("records: several rows of %s", of)
	}
	return rows[0], true, nil
}

// Book is the product's own collections. It is safe for concurrent use.
type Book struct {
	engine  *engine.Engine
	catalog *schema.Catalog
}

// New opens the book of an engine's database.
func New(e *engine.Engine) *Book { return &Book{e.Unbounded(), e.Set().Catalog()} }

// At reads outside of a transaction, each query from a state of its own.
func (b *Book) At(ctx context.Context) Reader { return reading{b, ctx} }

// Write runs f in one write transaction, again from its beginning after a conflict: kept where f returns nil.
func (b *Book) Write(ctx context.Context, f func(*Tx) error) error {
	watch, last := watching(ctx), (*Tx)(nil)
	err := b.engine.Transact(ctx, policy.Product(), func(tx *engine.Tx) error {
		watch("write")
		last = &Tx{Book: b, tx: tx, watch: watch}
		return f(last)
	})
	if err == nil && last != nil {
		for _, then := range last.kept {
			then()
		}
	}
	return err
}

type reading struct {
	*Book
	ctx context.Context
}

func (r reading) Read(q Query) ([]Row, int64, error) {
	s, err := r.scope(q.Of)
	if err != nil {
		return nil, 0, err
	}
	watching(r.ctx)("read " + q.Of)
	answers, err := r.engine.Run(r.ctx, policy.Product(), []engine.Op{{Read: s.request(q)}})
	if err != nil {
		return nil, 0, err
	}
	rows, err := s.rows(&answers[0])
	return rows, answers[0].Total, err
}

// Tx is a write transaction. It is for one goroutine.
type Tx struct {
	*Book
	tx    *engine.Tx
	watch func(step string)
	kept  []func()
}

// Kept has f called once the transaction is kept, before Write returns. Where the transaction runs again, what its last run said
// counts alone.
func (tx *Tx) Kept(f func()) { tx.kept = append(tx.kept, f) }

// Now is the transaction's instant in µs since 1970 UTC.
func (tx *Tx) Now() int64 { return tx.tx.Now() }

// Read sees what the transaction has written.
func (tx *Tx) Read(q Query) ([]Row, int64, error) {
	s, err := tx.scope(q.Of)
	if err != nil {
		return nil, 0, err
	}
	tx.watch("read " + q.Of)
	a, err := tx.tx.Do(engine.Op{Read: s.request(q)})
	if err != nil {
		return nil, 0, err
	}
	rows, err := s.rows(&a)
	return rows, a.Total, err
}

// Add inserts a row; fields it does not name have their defaults. It gives the row as it is then.
func (tx *Tx) Add(of string, row Row) (Row, error) {
	tx.watch("add " + of)
	rows, err := tx.write(of, ir.Insert, row, nil)
	if err != nil || len(rows) != 1 {
		return nil, err
	}
	return rows[0], nil
}

// Change sets fields of the rows for which the conditions hold, and gives them as they are then.
func (tx *Tx) Change(of string, set Row, where ...Cond) ([]Row, error) {
	tx.watch("change " + of)
	return tx.write(of, ir.Update, set, where)
}

// Remove deletes the rows for which the conditions hold, with what hangs on them, and gives them as they were.
func (tx *Tx) Remove(of string, where ...Cond) ([]Row, error) {
	tx.watch("remove " + of)
	return tx.write(of, ir.Delete, nil, where)
}

func (tx *Tx) write(of string, action ir.Action, set Row, where []Cond) ([]Row, error) {
	s, err := tx.scope(of)
	if err != nil {
		return nil, err
	}
	w := &ir.Write{Action: action, Row: s.row, Default: true, AtMost: -1, Return: s.query()}
	if set != nil {
		in := ir.Input{}
		for _, f := range s.row.Collection.Fields { // in one order: equal writes share a plan
			if v, ok := set[f.Name]; ok {
				w.Columns, in.Values, in.Given = append(w.Columns, f), append(in.Values, v), append(in.Given, true)
			}
		}
		if len(w.Columns) != len(set) {
			return nil, fmt.Errorf("records: a field that %s does not have", of)
		}
		w.Rows = []ir.Input{in}
	}
	if where != nil {
		w.Where = s.where(where)
	}
	w.Args = s.args
	if s.err != nil {
		return nil, s.err
	}
	a, err := tx.tx.Do(engine.Op{Write: w})
	if err != nil {
		return nil, err
	}
	return s.rows(&a)
}

// scope is one operation on a collection being made.
type scope struct {
	row  *ir.Row
	args []value.Value
	err  error
}

func (b *Book) scope(of string) (*scope, error) {
	c, ok := b.catalog.Collection(Namespace, of)
	if !ok {
		return nil, fmt.Errorf("records: no collection %q", of)
	}
	return &scope{row: &ir.Row{Collection: c, Label: c.Key}}, nil
}

// query reads every field.
func (s *scope) query() *ir.Query {
	q := &ir.Query{Row: s.row}
	for _, f := range s.row.Collection.Fields {
		q.Items = append(q.Items, &ir.Output{Name: f.Name, X: &ir.Column{Row: s.row, Field: f}})
	}
	return q
}

func (s *scope) request(q Query) ir.Request {
	out := s.query()
	if len(q.Where) > 0 {
		out.Where = s.where(q.Where)
	}
	for _, name := range q.Order {
		desc := name[0] == '-'
		if desc {
			name = name[1:]
		}
		out.Order = append(out.Order, ir.Order{X: s.column(name), Desc: desc})
	}
	number := value.Type{Kind: value.Int}
	if q.Limit > 0 {
		out.Limit = s.param(number, value.OfInt(q.Limit))
	}
	if q.Offset > 0 {
		out.Offset = s.param(number, value.OfInt(q.Offset))
	}
	return ir.Request{Query: out, Args: s.args, Count: q.Count}
}

func (s *scope) where(conds []Cond) ir.Expr {
	all := &ir.And{}
	for _, c := range conds {
		all.Of = append(all.Of, s.condition(c, s.column(c.field)))
	}
	return all
}

func (s *scope) condition(c Cond, x *ir.Column) ir.Expr {
	t := x.Field.Type
	switch {
	case c.null:
		return &ir.IsNull{X: x}
	case c.part:
		return &ir.Like{X: x, Pattern: s.param(value.Type{Kind: value.Text}, c.value), Fold: true}
	case c.among:
		t.List = true
		list, err := value.ListOf(t, c.of)
		if err != nil {
			s.err = err
		}
		return &ir.Quantified{Op: ir.Eq, X: x, List: s.param(t, list)}
	}
	return &ir.Compare{Op: c.op, L: x, R: s.param(t, c.value)}
}

func (s *scope) param(t value.Type, v value.Value) *ir.Param {
	s.args = append(s.args, v)
	return &ir.Param{Slot: len(s.args) - 1, T: t}
}

// column is a field that exists: the names are the product's own, and a wrong one is a mistake of the product.
func (s *scope) column(name string) *ir.Column {
	for _, f := range s.row.Collection.Fields {
		if f.Name == name {
			return &ir.Column{Row: s.row, Field: f}
		}
	}
	s.err = fmt.Errorf("records: %s has no field %q", s.row.Label, name)
	return &ir.Column{Row: s.row, Field: s.row.Collection.Fields[0]}
}

func (s *scope) rows(a *engine.Answer) ([]Row, error) {
	if s.err != nil {
		return nil, s.err
	}
	out := make([]Row, 0, len(a.Result.Tuples))
	for _, tuple := range a.Result.Tuples {
		row := make(Row, len(a.Level.Object.Members))
		for _, m := range a.Level.Object.Members {
			leaf := m.(*plan.Leaf)
			v, err := leaf.Value(tuple)
			if err != nil {
				return nil, err
			}
			row[leaf.Name] = v
		}
		out = append(out, row)
	}
	return out, nil
}
