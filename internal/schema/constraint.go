package schema

import (
	"regexp"
	"sort"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// resolveConstraints settles what limits a field's values and what belongs to the collection as a whole.
func (r *resolver) resolveConstraints() {
	for _, d := range r.drafts {
		if d.spec.View != nil {
			r.refuseOnView(d)
			continue
		}
		for _, f := range d.Fields {
			r.constrain(d, f, d.fields[f])
		}
		r.setChecks(d)
		r.setSearch(d)
	}
}

func (r *resolver) constrain(d *draft, f *Field, s *FieldSpec) {
	if f.Type.Kind == value.Null {
		return
	}
	f.Min = r.bound(f, "min", s.Min)
	f.Max = r.bound(f, "max", s.Max)
	if f.Min != nil && f.Max != nil && value.Compare(*f.Min, *f.Max) > 0 {
		r.problems.Add(s.Max.Pos, "", "max of field %q is below its min", f.Key)
	}
	r.setPattern(f, s)
	r.setFormat(f, s)
	if f.Identity && (f.Type.Kind != value.Int || f.Type.List) {
		r.problems.Add(s.Key.Pos, "", "only an int can have identity: true; %q is %s", f.Key, typeWord(f.Type))
	}
	if f.Identity && s.Default.Kind != NoLiteral {
		r.problems.Add(s.Default.Pos, "", "field %q has identity: true and cannot have a default", f.Key)
	}
	if def := r.defaultOf(f, "default", s.Default); def.Kind != NoDefault {
		f.Default = def
	}
	f.OnUpdate = r.defaultOf(f, "on_update", s.OnUpdate)
	if f.IsKey() && f.OnUpdate.Kind != NoDefault {
		r.problems.Add(s.OnUpdate.Pos, "", "field %q is part of the primary key, and keys are never updated", f.Key)
	}
}

// bound reads min or max: a length for text, bytes and lists, otherwise a value of the field's type.
func (r *resolver) bound(f *Field, what string, l Constant) *value.Value {
	if l.Kind == NoLiteral {
		return nil
	}
	t := f.Type
	switch {
	case measured(t):
		t = value.Type{Kind: value.Int}
	case !orderable(t.Kind):
		r.problems.Add(l.Pos, "", "%s belongs to text, numbers, dates, bytes and lists; field %q is %s", what, f.Key, typeWord(f.Type))
		return nil
	}
	v, ok := r.literal(f, what, t, l)
	if !ok || v.IsNull() {
		return nil
	}
	if measured(f.Type) && v.Int() < 0 {
		r.problems.Add(l.Pos, "", "%s of field %q is a length and cannot be negative", what, f.Key)
	}
	return &v
}

// measured reports whether min and max mean a length.
func measured(t value.Type) bool {
	return t.List || t.Kind == value.Text || t.Kind == value.Bytes
}

func orderable(k value.Kind) bool {
	switch k {
	case value.Int, value.Float, value.Decimal, value.Timestamp, value.Date:
		return true
	}
	return false
}

func (r *resolver) setPattern(f *Field, s *FieldSpec) {
	if !s.Pattern.Present() {
		return
	}
	if f.Type.Kind != value.Text {
		r.problems.Add(s.Pattern.Pos, "", "pattern belongs to text; field %q is %s", f.Key, typeWord(f.Type))
		return
	}
	re, err := regexp.Compile(s.Pattern.Text)
	if err != nil {
		r.problems.Add(s.Pattern.Pos, "patterns are RE2: no look-around, no back-references", "field %q: %s", f.Key, err)
		return
	}
	f.pattern = re
}

var formats = []string{"email", "url", "slug"}

func (r *resolver) setFormat(f *Field, s *FieldSpec) {
	if !s.Format.Present() {
		return
	}
	if f.Type.Kind != value.Text {
		r.problems.Add(s.Format.Pos, "", "format belongs to text; field %q is %s", f.Key, typeWord(f.Type))
	}
	for _, known := range formats {
		if s.Format.Text == known {
			return
		}
	}
	r.problems.Add(s.Format.Pos, "one of "+strings.Join(formats, ", "), "unknown format %q%s", s.Format.Text, DidYouMean(s.Format.Text, formats))
}

func (r *resolver) setChecks(d *draft) {
	for _, c := range d.spec.Checks {
		r.checkKey("check", c.Key)
		d.Checks = append(d.Checks, &Check{Name: c.Key.Text, Ident: Ident{c.Key.Text}, Expr: c.Expr, Pos: c.Key.Pos})
	}
}

// searchConfigs are the stemming configurations the tokeniser has.
var searchConfigs = map[string]bool{"simple": true, "arabic": true, "danish": true, "dutch": true, "english": true, "finnish": true,
	"french": true, "german": true, "hungarian": true, "irish": true, "italian": true, "norwegian": true, "portuguese": true,
	"romanian": true, "russian": true, "spanish": true, "swedish": true, "tamil": true, "turkish": true}

// SearchConfigs lists the full-text configurations a collection may name.
func SearchConfigs() []string {
	var out []string
	for name := range searchConfigs {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

func (r *resolver) setSearch(d *draft) {
	s := d.spec.Search
	if s == nil {
		return
	}
	search := &Search{Config: "simple"}
	if s.Config.Present() {
		search.Config = s.Config.Text
		if !searchConfigs[s.Config.Text] {
			r.problems.Add(s.Config.Pos, "one of "+strings.Join(SearchConfigs(), ", "), "unknown search configuration %q%s",
				s.Config.Text, DidYouMean(s.Config.Text, SearchConfigs()))
		}
	}
	if len(s.Fields) == 0 {
		r.problems.Add(s.Pos, "`search: [title, body]`", "search names no fields")
	}
	fields, ok := r.columns(d, s.Fields)
	if !ok {
		return
	}
	for i, f := range fields {
		if f.Type.Kind != value.Null && (f.Type.Kind != value.Text || f.Type.List) {
			r.problems.Add(s.Fields[i].Pos, "", "search reads text; field %q is %s", f.Key, typeWord(f.Type))
		}
	}
	if len(d.PrimaryKey) == 0 {
		r.problems.Add(s.Pos, "", "collection %q has no primary key and cannot be searched", d.Key)
	}
	search.Fields = fields
	d.Search = search
}
