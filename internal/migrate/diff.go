package migrate

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Diff makes the plan from an applied catalogue (nil: an empty database) to the wanted one.
func Diff(d sqlgen.Changer, applied, wanted *schema.Catalog) Plan {
	m := match(applied, wanted)
	b := &differ{dialect: d, wanted: wanted, matching: m, tables: map[*schema.Collection]*table{}}
	b.plan.Problems, b.plan.pairs, b.plan.gone = m.problems, m.pairs, m.gone
	for _, p := range m.pairs {
		t := &table{differ: b, pair: p, step: Step{Collection: p.new.Key}, r: &sqlgen.Reshape{Old: p.old, New: p.new, Dropped: p.dropped}}
		b.tables[p.old] = t
		t.columns()
	}
	b.renames()
	for _, part := range []func(*table){(*table).keys, (*table).references, (*table).indexes, (*table).search, (*table).checks, (*table).assemble} {
		for _, p := range m.pairs {
			part(b.tables[p.old])
		}
	}
	b.created(applied)
	for _, c := range m.gone {
		b.gone(c)
	}
	if b.plan.Problems.Failed() {
		b.plan.Problems = b.plan.Problems.Sorted()
	}
	return b.plan
}

type differ struct {
	*matching
	dialect sqlgen.Changer
	wanted  *schema.Catalog
	tables  map[*schema.Collection]*table // by the collection before
	plan    Plan
}

// renames gives tables their names. Where a name is not free yet all of them wait under another in between.
func (b *differ) renames() {
	taken := map[string]bool{}
	var moved []*table
	for _, p := range b.pairs {
		if p.old.Ident != p.new.Ident {
			moved = append(moved, b.tables[p.old])
			taken[strings.ToLower(p.old.Ident.Name())] = true
		}
	}
	wait := false
	for _, t := range moved {
		wait = wait || taken[strings.ToLower(t.new.Ident.Name())]
	}
	for _, t := range moved {
		to := t.new.Ident
		if wait {
			to = schema.Derive(schema.ForRebuild, t.new.Ident)
			t.r.Wait = true
			t.step.sql(settle, b.dialect.RenameTable(t.new, to, t.new.Ident)...)
		}
		t.step.sql(rename, b.dialect.RenameTable(t.new, t.old.Ident, to)...)
		t.step.say("the table is called %s and was %s", t.new.Name, t.old.Name)
	}
}

func (b *differ) created(applied *schema.Catalog) {
	fresh := map[*schema.Collection]bool{}
	for _, c := range b.matching.created {
		fresh[c] = true
	}
	known := map[schema.Ident]bool{}
	for _, c := range stored(applied) {
		known[c.Space] = true
	}
	for _, c := range b.wanted.Tables() {
		if !fresh[c] {
			continue
		}
		s := Step{Collection: c.Key}
		s.say("the collection is new")
		if !known[c.Space] && c.Namespace != schema.DefaultNamespace {
			known[c.Space] = true
			s.sql(create, b.dialect.CreateSpace(c.Space)...)
		}
		delete(fresh, c)
		b.table(&s, c, fresh)
		for _, x := range c.Indexes {
			s.sql(finish, b.dialect.CreateIndex(c, x)...)
		}
		s.sql(finish, b.dialect.CreateSearch(c)...)
		b.plan.Steps = append(b.plan.Steps, s)
	}
}

// table creates one. References to tables that come later, which tables in a circle have, are added once all are there, where
// the engine minds.
func (b *differ) table(s *Step, c *schema.Collection, later map[*schema.Collection]bool) {
	alone, r := *c, &sqlgen.Reshape{New: c}
	alone.ForeignKeys = nil
	for _, fk := range c.ForeignKeys {
		if later[fk.To] {
			r.References = append(r.References, fk)
		} else {
			alone.ForeignKeys = append(alone.ForeignKeys, fk)
		}
	}
	add := b.dialect.Refer(r)
	if len(add) == 0 {
		alone.ForeignKeys = c.ForeignKeys
	}
	s.sql(create, b.dialect.CreateTable(&alone)...)
	s.sql(refer, add...)
}

func (b *differ) gone(c *schema.Collection) {
	s := Step{Collection: c.Key}
	s.lose("the collection is gone with all its rows")
	if c.Search != nil {
		s.sql(loosenReferences, b.dialect.DropSearch(c)...)
	}
	s.sql(drop, b.dialect.DropTable(c)...)
	for _, x := range c.Indexes {
		b.plan.dropped = append(b.plan.dropped, indexName(c, x))
	}
	b.plan.Steps = append(b.plan.Steps, s)
}
