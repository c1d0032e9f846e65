package schema

import (
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// refuseOnView reports what only a stored collection can have.
func (r *resolver) refuseOnView(d *draft) {
	s := d.spec
	refuse := func(bad bool, pos Pos, what string) {
		if bad {
			r.problems.Add(orPos(pos, d.Pos), "declare it on the collection the view reads", "%q is a view and cannot have %s", d.Key, what)
		}
	}
	refuse(len(s.Unique) > 0, d.Pos, "unique constraints")
	refuse(len(s.Indexes) > 0, d.Pos, "indexes")
	refuse(len(s.ForeignKeys) > 0, d.Pos, "foreign keys")
	refuse(len(s.Checks) > 0, d.Pos, "checks")
	refuse(len(s.Computed) > 0, d.Pos, "computed fields")
	refuse(len(s.Relations) > 0, d.Pos, "relations")
	refuse(s.Search != nil, d.Pos, "search")
	refuse(s.Realtime, d.Pos, "realtime")
	refuse(s.Junction, d.Pos, "junction")
	for _, p := range []Source{s.Policies.Create, s.Policies.UpdateUsing, s.Policies.UpdateCheck, s.Policies.Delete} {
		if p.Present() {
			r.problems.Add(p.Pos, "a view has only `read`", "%q is a view: nothing can be written to it", d.Key)
		}
	}
}

// resolveViews settles views, each after the one it reads from.
func (r *resolver) resolveViews() {
	for _, d := range r.drafts {
		r.resolveView(d)
	}
}

func (r *resolver) resolveView(d *draft) {
	v := d.spec.View
	if v == nil || d.visited == visited {
		return
	}
	d.visited = visiting
	defer func() { d.visited = visited }()
	if !v.From.Present() {
		r.problems.Add(v.Pos, "`view: { from: tickets, fields: { … } }`", "view %q does not say what it reads", d.Key)
		return
	}
	source, ok := r.find(d, v.From)
	if !ok {
		return
	}
	if source.visited == visiting {
		r.problems.Add(v.From.Pos, "", "view %q reads itself, directly or through other views", d.Key)
		return
	}
	r.resolveView(source)
	if source.spec.View != nil && source.View == nil {
		return // its own mistake is reported
	}
	d.View = &ViewDef{From: source.Collection, Where: v.Where}
	for i := range d.spec.Fields {
		r.addViewField(d, source, &d.spec.Fields[i])
	}
	if len(d.spec.Fields) == 0 {
		r.problems.Add(v.Pos, "`fields: { title: title, n: \"count()\" }`", "view %q has no fields", d.Key)
	}
	r.groupView(d)
	if fields, ok := r.columns(d, d.spec.PrimaryKey); ok {
		d.PrimaryKey = fields
	}
	d.inheritKey(source)
	d.inheritReferences(source)
}

// inheritKey gives a view that neither groups nor says otherwise its source's key, where it shows it: a row of such a
// view is a row of its source.
func (d *draft) inheritKey(source *draft) {
	if d.spec.PrimaryKey != nil || d.spec.Keyless || d.View.Group {
		return
	}
	var key []*Field
	for _, k := range source.PrimaryKey {
		f := d.showing(k)
		if f == nil || f.Read.Never || f.Read.Source.Present() {
			return
		}
		key = append(key, f)
	}
	d.PrimaryKey = key
}

// inheritReferences gives a view the to-one relations of its source whose columns it shows.
func (d *draft) inheritReferences(source *draft) {
	for _, rel := range source.Relations {
		if !rel.Forward {
			continue
		}
		own := *rel
		own.From, own.Declared, own.Pairs = d.Collection, false, nil
		for _, p := range rel.Pairs {
			if f := d.showing(p.From); f != nil {
				own.Pairs = append(own.Pairs, Pair{From: f, To: p.To})
			}
		}
		if len(own.Pairs) != len(rel.Pairs) {
			continue
		}
		own.Key, own.Name = local(rel.To.Key), rel.To.Name
		if len(own.Pairs) == 1 {
			own.Key, own.Name = withoutID(own.Pairs[0].From.Key), withoutID(own.Pairs[0].From.Name)
		}
		d.Relations = append(d.Relations, &own)
	}
}

// showing is the view's column that is the source's field as it stands, nil where there is none.
func (d *draft) showing(source *Field) *Field {
	for i, v := range d.View.Fields {
		if v.Agg == "" && len(v.Path) == 0 && v.Field == source {
			return d.Fields[i]
		}
	}
	return nil
}

func (r *resolver) addViewField(d, source *draft, s *FieldSpec) {
	f := &Field{Collection: d.Collection, Ordinal: len(d.Fields), Key: s.Key.Text, Description: s.Description, Read: s.Read, Pos: s.Key.Pos}
	r.checkKey("field", s.Key)
	f.Name = r.wireName("field", s.Key, s.Name)
	f.Ident = Ident{f.Name}
	d.fields[f] = s
	d.Fields = append(d.Fields, f)
	out, ok := r.viewColumn(source, s.Source)
	d.View.Fields = append(d.View.Fields, out)
	if !ok {
		return
	}
	d.View.Group = d.View.Group || out.Agg != ""
	if f.Type, ok = aggregateType(out.Agg, out.Field); !ok {
		r.problems.Add(s.Source.Pos, "", "%s does not work on %q, which is %s", out.Agg, out.Field.Key, typeWord(out.Field.Type))
	}
	if out.Field != nil && (out.Agg == "" || out.Agg == "min" || out.Agg == "max") {
		f.Enum = out.Field.Enum
	}
	f.Required = out.Agg == "count" || out.Agg == "" && out.Field.Required && len(out.Path) == 0
}

var aggregates = []string{"count", "sum", "avg", "min", "max"}

// viewColumn reads `title`, `project.name`, `count()` or `sum(project.budget)`.
func (r *resolver) viewColumn(source *draft, w Word) (ViewField, bool) {
	text := strings.ReplaceAll(w.Text, " ", "")
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return r.viewPath(source, w, text)
	}
	agg := text[:open]
	if !listed(aggregates, agg) || !strings.HasSuffix(text, ")") {
		r.problems.Add(w.Pos, "count(), sum(x), avg(x), min(x), max(x), a field, or relation.field", "%q is not a view column%s", w.Text, DidYouMean(agg, aggregates))
		return ViewField{}, false
	}
	inner := text[open+1 : len(text)-1]
	if inner == "" {
		if agg != "count" {
			r.problems.Add(w.Pos, "", "%s needs a field", agg)
		}
		return ViewField{Agg: agg}, agg == "count"
	}
	w.Pos.Column += open + 1
	out, ok := r.viewPath(source, w, inner)
	out.Agg = agg
	return out, ok
}

// viewPath follows to-one relations to a field.
func (r *resolver) viewPath(source *draft, w Word, path string) (ViewField, bool) {
	steps := strings.Split(path, ".")
	at := source
	var out ViewField
	for _, step := range steps[:len(steps)-1] {
		rel, ok := r.viewStep(at, w, step)
		if !ok {
			return out, false
		}
		out.Path = append(out.Path, rel)
		at = r.byKey[rel.To.Key]
	}
	f, ok := r.column(at, Word{Text: steps[len(steps)-1], Pos: w.Pos})
	if ok && f.Computed != nil {
		r.problems.Add(w.Pos, "repeat its expression's fields instead", "%q is computed; a view reads stored fields", f.Key)
		return out, false
	}
	out.Field = f
	return out, ok && f.Type.Kind != value.Null
}

func (r *resolver) viewStep(at *draft, w Word, step string) (*Relation, bool) {
	rels := at.RelationsNamed(step)
	switch {
	case len(rels) == 0:
		var names []string
		for _, rel := range at.Relations {
			if rel.ToOne() {
				names = append(names, rel.Key)
			}
		}
		r.problems.Add(w.Pos, "", "collection %q has no relation %q%s", at.Key, step, DidYouMean(step, names))
	case len(rels) > 1:
		r.problems.Add(w.Pos, "name it under `relations:`", "relation %q of %q is ambiguous", step, at.Key)
	case !rels[0].ToOne():
		r.problems.Add(w.Pos, "", "relation %q of %q leads to many rows; a view column follows to-one relations", step, at.Key)
	default:
		return rels[0], true
	}
	return nil, false
}

// groupView checks group_by: what is grouped by must be shown, and what is shown plainly must be grouped by.
func (r *resolver) groupView(d *draft) {
	v := d.spec.View
	if len(v.GroupBy) == 0 {
		return
	}
	d.View.Group = true
	grouped := map[string]bool{}
	for _, w := range v.GroupBy {
		grouped[w.Text] = true
		if !d.showsPlainly(w.Text) {
			r.problems.Add(w.Pos, "add it to the view's fields", "group_by %q is not a plain field of the view", w.Text)
		}
	}
	for i, f := range d.Fields {
		s := d.fields[f]
		if f.Type.Kind != value.Null && d.View.Fields[i].Agg == "" && !grouped[s.Source.Text] && !grouped[f.Key] {
			r.problems.Add(s.Source.Pos, "add it to group_by, or aggregate it", "field %q is neither aggregated nor grouped by", f.Key)
		}
	}
}

func (d *draft) showsPlainly(name string) bool {
	for i, f := range d.Fields {
		if d.View.Fields[i].Agg == "" && (f.Key == name || d.fields[f].Source.Text == name) {
			return true
		}
	}
	return false
}

// AggregateType is the type of an aggregate over t, ok false where the aggregate does not exist for it.
func AggregateType(agg string, t value.Type) (value.Type, bool) {
	switch agg {
	case "":
		return t, true
	case "count":
		return value.Type{Kind: value.Int}, true
	case "min", "max":
		return t, !t.List && (orderable(t.Kind) || t.Kind == value.Text)
	case "sum", "avg":
		return numericAggregate(agg, t)
	}
	return value.Type{}, false
}

// numericAggregate: sums are exact and unbounded, averages have six more digits than what they average.
func numericAggregate(agg string, t value.Type) (value.Type, bool) {
	if t.List {
		return value.Type{}, false
	}
	extra := uint8(0)
	if agg == "avg" {
		extra = 6
	}
	switch t.Kind {
	case value.Int, value.Decimal:
		return value.Type{Kind: value.Decimal, Scale: t.Scale + extra}, true
	case value.Float:
		return t, true
	}
	return value.Type{}, false
}

func aggregateType(agg string, f *Field) (value.Type, bool) {
	if f == nil {
		return value.Type{Kind: value.Int}, true
	}
	return AggregateType(agg, f.Type)
}
