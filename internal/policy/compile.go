package policy

import (
	"sync"

	"github.com/maypok86/otter/v2"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Set is a catalogue's compiled policies and expressions. It is immutable but for its caches of views and shapes.
type Set struct {
	catalog *schema.Catalog
	rules   []*rules // by Collection.Index
	parts   *parts
	views   sync.Map // shape key → *schema.View; bounded by maxViews
	count   viewCount
	shapes  *otter.Cache[Actor, Shape]
}

// rules are one collection's compiled expressions, all over row (and old). A nil policy denies.
type rules struct {
	row, old             *ir.Row
	read, create         ir.Expr
	using, check, remove ir.Expr
	fields               []fieldRules // by Field.Ordinal
	checks               []ir.Expr    // as Collection.Checks
	viewRow              *ir.Row      // the source's row, for views
	viewWhere            ir.Expr
	present              bool
}

type fieldRules struct {
	read, write             ir.Expr // nil: no rule of the field's own
	neverRead, neverWritten bool
	computed                ir.Expr
}

// Catalog is the catalogue the set was compiled from.
func (s *Set) Catalog() *schema.Catalog { return s.catalog }

// Compile compiles every expression of the catalogue. The problems are complete: one run reports all of them.
func Compile(c *schema.Catalog) (*Set, []schema.Problem) {
	b := &builder{catalog: c, cel: cel.New(c)}
	s := &Set{catalog: c, rules: make([]*rules, len(c.Collections)),
		shapes: otter.Must(&otter.Options[Actor, Shape]{MaximumSize: shapesKept})}
	for _, col := range c.Collections {
		s.rules[col.Index] = b.collection(col)
	}
	s.parts = splitParts(s.rules)
	b.searchFields(s)
	return s, b.problems
}

type builder struct {
	catalog  *schema.Catalog
	cel      *cel.Compiler
	problems []schema.Problem
}

var boolean = value.Type{Kind: value.Bool}

func (b *builder) collection(c *schema.Collection) *rules {
	r := &rules{
		row:     &ir.Row{Collection: c, Label: "row"},
		old:     &ir.Row{Collection: c, Label: "old"},
		present: c.Policies.Any() && !c.Internal,
	}
	over := cel.Scope{Row: r.row, Want: boolean}
	r.read = b.expr(c.Policies.Read, over)
	r.create = b.expr(c.Policies.Create, over)
	r.using = b.expr(c.Policies.UpdateUsing, over)
	r.remove = b.expr(c.Policies.Delete, over)
	r.check = b.expr(c.Policies.UpdateCheck, cel.Scope{Row: r.row, Old: r.old, Want: boolean})
	for _, f := range c.Fields {
		r.fields = append(r.fields, b.field(f, r))
	}
	for _, k := range c.Checks {
		r.checks = append(r.checks, b.expr(k.Expr, cel.Scope{Row: r.row, Want: boolean, NoAuth: true}))
	}
	if c.View != nil {
		r.viewRow = &ir.Row{Collection: c.View.From, Label: "row"}
		r.viewWhere = b.expr(c.View.Where, cel.Scope{Row: r.viewRow, Want: boolean})
	}
	return r
}

func (b *builder) field(f *schema.Field, r *rules) fieldRules {
	over := cel.Scope{Row: r.row, Want: boolean}
	out := fieldRules{neverRead: f.Read.Never, neverWritten: f.Write.Never}
	out.read = b.expr(f.Read.Source, over)
	out.write = b.expr(f.Write.Source, over)
	if f.IsKey() && (out.neverRead || out.read != nil) {
		b.problem(f.Pos, "a primary-key field cannot have a read policy", "a row that can be read is addressed by its key")
	}
	if f.Computed != nil {
		out.computed = b.expr(f.Computed.Expr, cel.Scope{Row: r.row, Want: f.Type, Untrusted: !f.Computed.Trusted})
	}
	return out
}

func (b *builder) expr(src schema.Source, scope cel.Scope) ir.Expr {
	if !src.Present() {
		return nil
	}
	e, problems := b.cel.Compile(src, scope)
	b.problems = append(b.problems, problems...)
	if len(problems) > 0 {
		return nil
	}
	return e
}

func (b *builder) problem(pos schema.Pos, message, hint string) {
	b.problems = append(b.problems, schema.Problem{Pos: pos, Message: message, Hint: hint})
}

// searchFields refuses search fields whose visibility depends on the row: an index cannot hide per row.
func (b *builder) searchFields(s *Set) {
	for _, c := range s.catalog.Collections {
		if c.Search == nil {
			continue
		}
		for _, f := range c.Search.Fields {
			if read := s.rules[c.Index].fields[f.Ordinal].read; read != nil && !s.parts.closed(read) {
				b.problem(f.Pos, "field \""+f.Key+"\" is in search, but its read policy depends on the row",
					"take it out of search, or make its read policy depend on auth alone")
			}
		}
	}
}
