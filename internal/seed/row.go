package seed

import (
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// builder makes stored rows of one collection out of records.
type builder struct {
	collection *schema.Collection
	fields     []*schema.Field // stored, the tuple's order
	at         map[string]int  // by wire name and key: index into fields
	checks     policy.RowChecks
	entries    []schema.Entry // which values can be too long for
	clock      clock.Clock
	ids        clock.IDs
	now        int64         // µs since 1970 UTC: one instant per file
	identity   map[int]int64 // by index into fields: the last number taken
	problems   schema.Problems
}

func (s *Seeds) builder(c *schema.Collection) *builder {
	b := &builder{collection: c, fields: sqlgen.StoredFields(c), at: map[string]int{}, clock: s.clock,
		checks: s.set.Checks(c), entries: schema.LongEntries(c), now: s.clock.Now().UnixMicro(), identity: map[int]int64{}}
	for i, f := range b.fields {
		b.at[f.Key] = i
	}
	for i, f := range b.fields {
		b.at[f.Name] = i
	}
	return b
}

func (b *builder) wrong(pos schema.Pos, format string, args ...any) {
	b.problems.Add(pos, "", format, args...)
}

// row gives the stored tuple of a record. Whatever is wrong with it is among the problems afterwards, all of it.
func (b *builder) row(rec record) plan.Tuple {
	before := len(b.problems)
	tuple := make(plan.Tuple, len(b.fields))
	places := make([]schema.Pos, len(b.fields))
	given := make([]bool, len(b.fields))
	for _, c := range rec.cells {
		i, ok := b.at[c.name]
		if !ok {
			b.unknown(c)
			continue
		}
		tuple[i], given[i], places[i] = b.value(b.fields[i], c), true, c.pos
	}
	for i, f := range b.fields {
		if !given[i] {
			tuple[i], places[i] = b.missing(i, f), rec.pos
		}
		b.count(i, f, tuple[i])
	}
	if len(b.problems) == before {
		b.constrain(tuple, places, rec)
	}
	return tuple
}

func (b *builder) unknown(c cell) {
	if _, computed := b.collection.FieldByKey(c.name); computed {
		b.wrong(c.pos, "column %q is computed and holds no value of its own", c.name)
		return
	}
	var known []string
	for _, f := range b.fields {
		known = append(known, f.Name)
	}
	b.wrong(c.pos, "unknown column %q%s", c.name, schema.DidYouMean(c.name, known))
}

func (b *builder) value(f *schema.Field, c cell) value.Value {
	var v value.Value
	var err error
	if c.text {
		v, err = value.Parse(f.Type, string(c.raw))
	} else {
		v, err = value.FromJSON(f.Type, c.raw)
	}
	if err == nil && !v.IsNull() {
		v, err = value.Fit(f.Type, v)
	}
	if err != nil {
		b.wrong(c.pos, "%s: %s", f.Name, fault.From(err).Message)
	} else if b.collection.Key == Passwords && f.Key == "hash" && !v.IsNull() {
		if _, err := password.Import(v.Str()); err != nil {
			b.wrong(c.pos, "%s: %s", f.Name, err)
		}
	}
	return v
}

// missing is the default of a field that the record does not give.
func (b *builder) missing(i int, f *schema.Field) value.Value {
	if f.Identity {
		return value.OfInt(b.identity[i] + 1)
	}
	d := f.Default
	switch d.Kind {
	case schema.Literal:
		return d.Value
	case schema.DefaultNow:
		return b.converted(f, value.OfTimestamp(b.now), value.Timestamp)
	case schema.DefaultToday:
		return b.converted(f, value.OfTimestamp(b.now), value.Timestamp)
	case schema.DefaultUUID:
		id, err := b.ids.Next(b.clock)
		if err != nil {
			b.wrong(schema.Pos{}, "no random numbers: %v", err)
		}
		return b.converted(f, value.OfUUID(id), value.UUID)
	}
	return value.Value{} // auth.uid: nobody is signed in
}

// converted fits a keyword's value to the type of a field that may have it as default.
func (b *builder) converted(f *schema.Field, v value.Value, kind value.Kind) value.Value {
	if f.Type.Kind == kind {
		return v
	}
	out, err := value.Cast(v, value.Type{Kind: kind}, f.Type)
	if err != nil {
		return value.Value{}
	}
	return out
}

// count keeps generated numbers above every number seen so far.
func (b *builder) count(i int, f *schema.Field, v value.Value) {
	if f.Identity && !v.IsNull() && v.Int() > b.identity[i] {
		b.identity[i] = v.Int()
	}
}

func (b *builder) constrain(tuple plan.Tuple, places []schema.Pos, rec record) {
	for i, f := range b.fields {
		if f.IsKey() && tuple[i].IsNull() {
			b.wrong(places[i], "%s: a primary-key column has no value", f.Name)
			continue
		}
		for _, v := range schema.CheckValue(f, tuple[i]) {
			b.wrong(places[i], "%s: %s", f.Name, v.Says())
		}
	}
	b.enter(tuple, places)
	if len(b.checks.Checks) == 0 {
		return
	}
	env := &ir.Env{Now: b.now, Auth: policy.Service().Values()}
	m := eval.New(env, nil)
	var scope *eval.Scope
	scope = scope.With(b.checks.Row, b.byOrdinal(tuple))
	for i, check := range b.checks.Checks {
		if m.Truth(check, scope) != ir.True {
			b.wrong(rec.pos, "the row breaks the check %q", b.collection.Checks[i].Name)
		}
	}
}

// enter reports values that are too long for an index.
func (b *builder) enter(tuple plan.Tuple, places []schema.Pos) {
	if len(b.entries) == 0 {
		return
	}
	row := b.byOrdinal(tuple)
	for _, e := range b.entries {
		if e.Takes(row) > schema.EntryBytes {
			f := e.Longest(row)
			b.wrong(places[b.at[f.Name]], "%s: %s", f.Name, e.Overlong(b.collection, true).Message)
		}
	}
}

// byOrdinal spreads a stored tuple to the places of all fields.
func (b *builder) byOrdinal(tuple plan.Tuple) eval.Tuple {
	out := make(eval.Tuple, len(b.collection.Fields))
	for i, f := range b.fields {
		out[f.Ordinal] = tuple[i]
	}
	return out
}
