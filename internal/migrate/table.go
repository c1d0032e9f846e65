package migrate

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// table is one table on its way.
type table struct {
	*differ
	*pair
	step    Step
	r       *sqlgen.Reshape
	fills   []filling
	touched map[*schema.Field]bool // fields whose stored values change in place
}

// source is where a field's values are before the table is reshaped.
func (t *table) source(f *schema.Field) sqlgen.Source {
	for _, s := range t.r.Columns {
		if s.Field == f {
			return s
		}
	}
	return sqlgen.Source{}
}

// stays gives what old fields become, nil where one of them does not keep its column.
func (t *table) stays(fields []*schema.Field) []*schema.Field {
	out := t.lands(fields)
	for _, f := range out {
		if s := t.source(f); s.Staged || s.From.IsZero() {
			return nil
		}
	}
	return out
}

func (t *table) keys() {
	r := t.r
	r.NewKey = !slices.Equal(t.stays(t.old.PrimaryKey), t.new.PrimaryKey)
	if !slices.Equal(t.lands(t.old.PrimaryKey), t.new.PrimaryKey) {
		t.step.say("the primary key is (%s) and was (%s)", names(t.new.PrimaryKey), names(t.old.PrimaryKey))
	}
	if r.NewKey {
		t.examineRepeated(t.new.PrimaryKey)
	}
	kept := map[*schema.Key]bool{}
	for _, k := range t.new.Unique {
		if old := t.uniqueBefore(k, kept); old != nil {
			kept[old] = true
			r.KeptKeys = append(r.KeptKeys, [2]*schema.Key{old, k})
			continue
		}
		r.NewKeys = append(r.NewKeys, k)
		t.examineRepeated(k.Fields)
		if !slices.ContainsFunc(t.old.Unique, func(o *schema.Key) bool { return slices.Equal(t.lands(o.Fields), k.Fields) }) {
			t.step.say("(%s) is unique", names(k.Fields))
		}
	}
	for _, o := range t.old.Unique {
		if !kept[o] {
			r.LooseKeys = append(r.LooseKeys, o)
		}
		if l := t.lands(o.Fields); l != nil && !slices.ContainsFunc(t.new.Unique, func(k *schema.Key) bool { return slices.Equal(l, k.Fields) }) {
			t.step.say("(%s) is no longer unique", names(l))
		}
	}
}

func (t *table) uniqueBefore(k *schema.Key, taken map[*schema.Key]bool) *schema.Key {
	for _, o := range t.old.Unique {
		if !taken[o] && slices.Equal(t.stays(o.Fields), k.Fields) {
			return o
		}
	}
	return nil
}

// holds reports whether the key over old fields stands through the change.
func (t *table) holds(fields []*schema.Field) bool {
	if slices.Equal(t.old.PrimaryKey, fields) {
		return !t.r.NewKey
	}
	return slices.ContainsFunc(t.r.KeptKeys, func(k [2]*schema.Key) bool { return slices.Equal(k[0].Fields, fields) })
}

func (t *table) references() {
	kept := map[*schema.ForeignKey]bool{}
	for _, fk := range t.new.ForeignKeys {
		i := slices.IndexFunc(t.old.ForeignKeys, func(o *schema.ForeignKey) bool { return !kept[o] && t.sameReference(o, fk) })
		if i >= 0 && t.referenceStays(t.old.ForeignKeys[i]) {
			kept[t.old.ForeignKeys[i]] = true
			t.r.KeptReferences = append(t.r.KeptReferences, [2]*schema.ForeignKey{t.old.ForeignKeys[i], fk})
			continue
		}
		t.r.References = append(t.r.References, fk)
		if i < 0 {
			t.step.say("(%s) refers to %s", names(fk.Columns), fk.To.Key)
		}
	}
	for _, o := range t.old.ForeignKeys {
		if kept[o] {
			continue
		}
		t.r.LooseReferences = append(t.r.LooseReferences, o)
		l := t.lands(o.Columns)
		if l != nil && !slices.ContainsFunc(t.new.ForeignKeys, func(fk *schema.ForeignKey) bool { return t.sameReference(o, fk) }) {
			t.step.say("(%s) no longer refers to %s", names(l), o.To.Key)
		}
	}
}

// sameReference compares by what columns and targets become.
func (t *table) sameReference(o, fk *schema.ForeignKey) bool {
	target := t.tables[o.To]
	return target != nil && target.new == fk.To && slices.Equal(t.lands(o.Columns), fk.Columns) && slices.Equal(target.lands(o.Targets), fk.Targets)
}

// referenceStays reports whether nothing that the reference stands on changes, the names of the columns it leads to
// included: an engine may hold it by them.
func (t *table) referenceStays(o *schema.ForeignKey) bool {
	target := t.tables[o.To]
	to := target.stays(o.Targets)
	if t.stays(o.Columns) == nil || to == nil || !target.holds(o.Targets) {
		return false
	}
	for i, f := range to {
		if f.Ident != o.Targets[i].Ident {
			return false
		}
	}
	return true
}

func (t *table) indexes() {
	for _, x := range t.new.Indexes {
		if !slices.ContainsFunc(t.old.Indexes, func(o *schema.Index) bool { return o.Ident == x.Ident && t.sameIndex(o, x, t.stays) }) {
			t.r.NewIndexes = append(t.r.NewIndexes, x)
		}
		if !slices.ContainsFunc(t.old.Indexes, func(o *schema.Index) bool { return t.sameIndex(o, x, t.lands) }) {
			t.step.say("index %s is new", x.Name)
		}
	}
	for _, o := range t.old.Indexes {
		if !slices.ContainsFunc(t.new.Indexes, func(x *schema.Index) bool { return o.Ident == x.Ident && t.sameIndex(o, x, t.stays) }) {
			t.r.LooseIndexes = append(t.r.LooseIndexes, o)
		}
		if !slices.ContainsFunc(t.new.Indexes, func(x *schema.Index) bool { return t.sameIndex(o, x, t.lands) }) {
			t.step.say("index %s is gone", o.Name)
		}
	}
}

func (t *table) sameIndex(o, x *schema.Index, become func([]*schema.Field) []*schema.Field) bool {
	if len(o.Terms) != len(x.Terms) {
		return false
	}
	fields := make([]*schema.Field, len(o.Terms))
	for i, term := range o.Terms {
		if fields[i] = term.Field; term.Desc != x.Terms[i].Desc {
			return false
		}
	}
	for i, f := range become(fields) {
		if f != x.Terms[i].Field {
			return false
		}
	}
	return become(fields) != nil
}

func (t *table) search() {
	old, now := t.old.Search, t.new.Search
	if old == nil && now == nil {
		return
	}
	if !t.sameSearch(old, now, t.lands) {
		if now == nil {
			t.step.say("there is no search any more")
		} else {
			t.step.say("search is over (%s), configuration %s", names(now.Fields), now.Config)
		}
	}
	t.r.NewSearch = !t.sameSearch(old, now, t.stays) || t.old.Ident != t.new.Ident || t.dialect.Rebuilds(t.r)
	if now != nil && !t.r.NewSearch {
		for _, f := range now.Fields {
			t.r.NewSearch = t.r.NewSearch || t.touched[f] || t.was[f].Ident != f.Ident
		}
	}
}

func (t *table) sameSearch(old, now *schema.Search, become func([]*schema.Field) []*schema.Field) bool {
	return old != nil && now != nil && old.Config == now.Config && slices.Equal(become(old.Fields), now.Fields)
}

// assemble puts the statements of everything found into the step's phases.
func (t *table) assemble() {
	s, d, r := &t.step, t.dialect, t.r
	rebuilt := d.Rebuilds(r)
	if r.NewSearch && t.old.Search != nil {
		s.sql(loosenReferences, d.DropSearch(t.old)...)
	}
	for _, x := range r.LooseIndexes {
		s.sql(loosenReferences, d.DropIndex(t.old, x)...)
		t.plan.dropped = append(t.plan.dropped, indexName(t.old, x))
	}
	s.sql(loosenReferences, d.Loosen(r, true)...)
	s.sql(loosenKeys, d.Loosen(r, false)...)
	t.sweep()
	s.sql(reshape, d.Reshape(r)...)
	for _, fk := range r.References {
		t.examineLost(fk)
	}
	s.sql(refer, d.Refer(r)...)
	asked := len(s.actions[examine])
	t.examineLong()
	indexes := r.NewIndexes
	if rebuilt {
		indexes = t.new.Indexes
	}
	for _, x := range indexes {
		t.index(x)
	}
	if r.NewSearch && t.new.Search != nil {
		s.sql(finish, d.CreateSearch(t.new)...)
		t.vectors()
	}
	locking := len(indexes)
	if _, ok := t.dialect.(concurrent); ok {
		locking = 0
	}
	s.Locks = rebuilt || len(t.fills)+locking+len(r.References)+asked+len(s.actions[refer]) > 0 || r.NewSearch && t.new.Search != nil
	if len(s.Words) > 0 || len(s.SQL()) > 0 {
		t.plan.Steps = append(t.plan.Steps, *s)
	}
}

func names(fields []*schema.Field) string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}
