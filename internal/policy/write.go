package policy

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// BoundWrite is what the policies of one auth shape say about one shape of mutation. Only BindWrite and BindImport make one;
// the zero BoundWrite has no row and nothing can be planned from it. It holds none of the mutation's values.
type BoundWrite struct {
	action           ir.Action
	row, fresh, old  *ir.Row
	read, may, where ir.Expr // over row
	known            ir.Expr // over row
	create, check    ir.Expr // over fresh; check over old too
	fields           []FieldRule
	checks           []ir.Expr // over fresh
	columns          []*schema.Field
	conflict         *ir.Conflict
	returned         Bound
	view             *schema.View
}

// FieldRule says where a field may be written, over BoundWrite.New: the new row of an insert, the stored row of an update.
type FieldRule struct {
	Field *schema.Field
	Cond  ir.Expr
}

// Action is what the mutation does.
func (b BoundWrite) Action() ir.Action { return b.action }

// Row stands for a stored row in Target, Readable and Allowed. It is nil for the zero BoundWrite.
func (b BoundWrite) Row() *ir.Row { return b.row }

// New stands for the row as it will be, Old for the row before an update.
func (b BoundWrite) New() *ir.Row { return b.fresh }
func (b BoundWrite) Old() *ir.Row { return b.old }

// Columns are the fields that the mutation names.
func (b BoundWrite) Columns() []*schema.Field { return b.columns }

// Conflict is what an insert does with rows that are there; nil for every other mutation.
func (b BoundWrite) Conflict() *ir.Conflict { return b.conflict }

// Target is which stored rows an update or a delete is about: those that may be read and may be changed, and match the filter.
func (b BoundWrite) Target() ir.Expr { return ir.All(b.read, b.may, b.where) }

// Readable is the read policy of a stored row.
func (b BoundWrite) Readable() ir.Expr { return b.read }

// Known is which stored rows an insert may be said to have met: those that may be read, with what its conflict key says of them.
func (b BoundWrite) Known() ir.Expr { return b.known }

// Allowed is the policy of changing a stored row: delete's own, or update.using.
func (b BoundWrite) Allowed() ir.Expr { return b.may }

// Create must be TRUE for every row an insert brings.
func (b BoundWrite) Create() ir.Expr { return b.create }

// Check must be TRUE for every row after an update.
func (b BoundWrite) Check() ir.Expr { return b.check }

// Fields are the named fields whose being written depends on the row.
func (b BoundWrite) Fields() []FieldRule { return b.fields }

// Checks are the collection's own conditions on New, as Collection.Checks. No actor is exempt from them.
func (b BoundWrite) Checks() []ir.Expr { return b.checks }

// Returned is the bound representation; its zero value where none is wanted.
func (b BoundWrite) Returned() Bound { return b.returned }

// Names reports whether an answer may name the field: whether the actor can read or write it.
func (b BoundWrite) Names(f *schema.Field) bool {
	cv, ok := b.view.Of(f.Collection)
	return ok && cv.Access[f.Ordinal] != 0
}

// Reads reports whether the actor can read the field.
func (b BoundWrite) Reads(f *schema.Field) bool {
	cv, ok := b.view.Of(f.Collection)
	return ok && cv.CanRead(f) && !cv.IsMasked(f)
}

// Sees reports whether the collection exists for the actor.
func (b BoundWrite) Sees(c *schema.Collection) bool {
	_, ok := b.view.Of(c)
	return ok
}

// BindWrite attaches the actor's policies to a mutation, at every place they have a say, and refuses columns that the actor
// may not write, whatever the front let through. What it gives depends on the mutation's shape, not on its values.
func (s *Set) BindWrite(w *ir.Write, a Actor) (BoundWrite, error) {
	return s.bindWrite(w, a, false)
}

// BindImport is BindWrite for the product's own imports, moves and restores: it acts as service_role, may write fields that
// say `write: never`, and reaches internal collections. Every use of it acts without policies.
func (s *Set) BindImport(w *ir.Write) (BoundWrite, error) { return s.bindWrite(w, Service(), true) }

func (s *Set) bindWrite(w *ir.Write, a Actor, importing bool) (BoundWrite, error) {
	b := &binding{set: s, shape: s.Shape(a)}
	if err := b.admit(w, importing); err != nil {
		return BoundWrite{}, err
	}
	r := s.rules[w.Row.Collection.Index]
	out := BoundWrite{action: w.Action, row: w.Row, fresh: r.row, old: r.old, columns: w.Columns, conflict: w.On,
		checks: r.checks, view: s.View(a)}
	out.read, out.where = b.guard(w.Row), b.expr(w.Where)
	if importing {
		out.read = ir.Bool(true)
	}
	out.known = ir.All(out.read, b.keyRead(w))
	out.create, out.check = b.rule(r.create), b.rule(r.check)
	out.may = ir.Rebind(b.rule(r.using), r.row, w.Row)
	if w.Action == ir.Delete {
		out.may = ir.Rebind(b.rule(r.remove), r.row, w.Row)
	}
	out.fields = b.fieldRules(w)
	if w.Return != nil {
		returned, err := s.Bind(ir.Request{Query: w.Return}, a)
		if err != nil {
			return BoundWrite{}, err
		}
		out.returned = returned
	}
	return out, b.err
}

// rule is a row policy for the shape, of which only TRUE counts. An absent one is FALSE, except for service_role.
func (b *binding) rule(e ir.Expr) ir.Expr {
	switch {
	case b.shape.service:
		return ir.Bool(true)
	case e == nil:
		return ir.Bool(false)
	}
	return positive(b.set.fold(e, b.shape))
}

// admit refuses what no actor of the shape may name.
func (b *binding) admit(w *ir.Write, importing bool) error {
	c := w.Row.Collection
	switch {
	case !b.set.visible(c, b.shape) && !importing:
		return fault.New(fault.UnknownCollection, "Could not find the table '%s.%s' in the schema cache", b.set.Catalog().WireName(c.Namespace), c.Name)
	case c.View != nil:
		return fault.New(fault.MethodNotAllowed, "view %q cannot be written", c.Name)
	}
	for _, f := range w.Columns {
		if err := b.writable(f, importing); err != nil {
			return err
		}
	}
	if w.On != nil && !b.unique(c, w.On.Key) {
		return fault.New(fault.InvalidConflict, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return nil
}

func (b *binding) writable(f *schema.Field, importing bool) error {
	access := b.set.access(f, b.shape)
	switch {
	case access&schema.Writable != 0, importing && f.Computed == nil:
		return nil
	case access != 0:
		return fault.New(fault.Denied, "permission denied for column %q of relation %q", f.Name, f.Collection.Name)
	}
	return fault.New(fault.UnknownBodyColumn, "Could not find the '%s' column of '%s' in the schema cache", f.Name, f.Collection.Name)
}

// unique reports whether the fields are those of the primary key or of a declared unique constraint, in any order, and none of
// them is hidden.
func (b *binding) unique(c *schema.Collection, fields []*schema.Field) bool {
	for _, f := range fields {
		if !f.IsKey() && b.set.access(f, b.shape) == 0 {
			return false
		}
	}
	if sameFields(c.PrimaryKey, fields) {
		return len(fields) > 0
	}
	for _, k := range c.Unique {
		if sameFields(k.Fields, fields) {
			return true
		}
	}
	return false
}

func sameFields(a, b []*schema.Field) bool {
	if len(a) != len(b) {
		return false
	}
	in := map[*schema.Field]bool{}
	for _, f := range a {
		in[f] = true
	}
	for _, f := range b {
		if !in[f] {
			return false
		}
		delete(in, f)
	}
	return true
}

// keyRead is where the actor may read the fields of an insert's conflict key.
func (b *binding) keyRead(w *ir.Write) ir.Expr {
	readable := ir.Expr(ir.Bool(true))
	if w.On == nil {
		return readable
	}
	r := b.set.rules[w.Row.Collection.Index]
	for _, f := range w.On.Key {
		readable = ir.All(readable, ir.Rebind(positive(b.set.fieldPolicy(f, b.shape)), r.row, w.Row))
	}
	return readable
}

// fieldRules are the conditions of the named fields that the shape alone does not decide.
func (b *binding) fieldRules(w *ir.Write) []FieldRule {
	if b.shape.service {
		return nil
	}
	var out []FieldRule
	for _, f := range w.Columns {
		rule := b.set.rules[f.Collection.Index].fields[f.Ordinal].write
		if rule == nil {
			continue
		}
		if e := positive(b.set.fold(rule, b.shape)); !ir.IsTrue(e) {
			out = append(out, FieldRule{f, e})
		}
	}
	return out
}

// Logged reports, by Collection.Index, whose changes have to be logged: collections that can be subscribed to, and those that
// the read policies of these walk.
func (s *Set) Logged() []bool {
	out := make([]bool, len(s.rules))
	for _, c := range s.catalog.Collections {
		if !c.Realtime {
			continue
		}
		out[c.Index] = true
		s.logWalked(s.rules[c.Index].read, out)
		for _, f := range s.rules[c.Index].fields {
			s.logWalked(f.read, out)
		}
	}
	return out
}

func (s *Set) logWalked(e ir.Expr, out []bool) {
	mark := func(r *schema.Relation) {
		out[r.To.Index] = true
		if r.Junction != nil {
			out[r.Junction.Collection.Index] = true
		}
	}
	ir.Visit(e, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.Through:
			mark(x.Rel)
		case *ir.Count:
			mark(x.Rel)
		case *ir.Exists:
			for _, r := range x.Path {
				mark(r)
			}
		}
		return true
	})
}
