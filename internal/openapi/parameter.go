package openapi

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// sample values of a parameter, by a word that says what they do.
type samples = object

func sampled(name, text string) member { return member{name, object{{"value", text}}} }

func query(name, description string, of object, examples samples) object {
	return object{{"name", name}, {"in", "query"}, {"description", description}, {"schema", of}}.when(len(examples) > 0, "examples", examples)
}

func header(name, description string, of object, examples samples) object {
	return object{{"name", name}, {"in", "header"}, {"description", description}, {"schema", of}}.when(len(examples) > 0, "examples", examples)
}

func text() object { return object{{"type", "string"}} }

// query are the filters of a collection and more of its own parameters.
func (o *operations) query(more ...string) list {
	var out list
	for _, f := range o.cv.Collection.Fields {
		if o.cv.CanRead(f) {
			out = append(out, ref("parameters", o.id+".filter."+token(f.Name)))
		}
	}
	if o.searches() {
		out = append(out, ref("parameters", o.id+".search"))
	}
	for _, name := range more {
		out = append(out, ref("parameters", o.id+"."+name))
	}
	return out
}

func (o *operations) searches() bool {
	_, taken := o.cv.Field("search")
	return len(o.cv.Search()) > 0 && !taken
}

// filters declares one parameter per column.
func (o *operations) filters() {
	for _, f := range o.cv.Collection.Fields {
		if o.cv.CanRead(f) {
			o.parameters = o.parameters.with(o.id+".filter."+token(f.Name),
				query(spelled(f.Name), grammar(o.cv, f), text(), o.filterSamples(f)))
		}
	}
	if o.searches() {
		var names []string
		for _, f := range o.cv.Search() {
			names = append(names, "`"+f.Name+"`")
		}
		o.parameters = o.parameters.with(o.id+".search", query("search", "Full-text search in "+strings.Join(names, ", ")+
			": `[not.]` fts, plfts, phfts or wfts, a dot, the query.", text(), samples{sampled("words", "plfts.word"), sampled("web", "wfts.one or two")}))
	}
}

// grammar says what a filter on a field may be.
func grammar(cv *schema.CollectionView, f *schema.Field) string {
	ops := []string{"eq", "neq", "in", "is", "isdistinct"}
	switch {
	case f.Type.List:
		ops = append(ops, "cs", "cd", "ov")
	case f.Type.Kind == value.JSON:
		ops = []string{"is", "cs", "cd"}
	case f.Type.Kind == value.Text:
		ops = append(ops, "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "fts", "plfts", "phfts", "wfts")
	case f.Type.Kind != value.Bool && f.Type.Kind != value.Bytes:
		ops = append(ops, "gt", "gte", "lt", "lte")
	}
	out := "Filter on `" + f.Name + "` (" + f.Type.String() + "): `[not.]operator.value` with " + strings.Join(ops, ", ") +
		". `in.(a,b)`; `is.null`, `is.not_null`"
	switch {
	case f.Type.Kind == value.Bool && !f.Type.List:
		out += ", `is.true`, `is.false`"
	case f.Type.Kind == value.Text && !f.Type.List:
		out += "; `*` in `like` stands for anything; `eq(any).{a,b}` and `like(all).{a*,*b}` compare with several values"
	case f.Type.Kind == value.JSON && !f.Type.List:
		out += ". A member is filtered by its path as the parameter's name: `" + spelled(f.Name) + "->>key=eq.value`"
	case f.Type.List:
		out += "; lists are written `{a,b}`"
	}
	out += "."
	if cv.IsMasked(f) {
		out += " A value the caller may not see counts as NULL."
	}
	return out
}

// filterSamples are filters that work: each is a whole value of the parameter.
func (o *operations) filterSamples(f *schema.Field) samples {
	out := samples{}
	v, ok := exampleText(f)
	switch {
	case f.Type.Kind == value.JSON && !f.Type.List:
		out = append(out, sampled("contains", `cs.{"key":"value"}`))
	case !ok:
	case f.Type.List:
		out = append(out, sampled("contains", "cs."+v), sampled("overlaps", "ov."+v))
	default:
		out = append(out, sampled("equal", "eq."+v), sampled("any_of", "in.("+listed(v)+")"))
		out = append(out, compared(f, v)...)
	}
	return append(out, sampled("empty", "is.null"))
}

func compared(f *schema.Field, v string) samples {
	switch f.Type.Kind {
	case value.Int, value.Float, value.Decimal, value.Timestamp, value.Date:
		return samples{sampled("from", "gte."+v)}
	case value.Bool:
		return samples{sampled("true", "is.true")}
	case value.Text:
		if f.Enum == nil {
			return samples{sampled("like", "like.*a*")}
		}
	}
	return nil
}

// chosen declares select and order with the collection's own columns.
func (o *operations) chosen() {
	star := o.cv.Star()
	pick := samples{sampled("all", "*")}
	sort := samples{}
	if len(star) > 0 {
		pick = append(pick, sampled("some", spelledAll(star[:min(3, len(star))])), sampled("renamed", "shown:"+spelled(star[0].Name)))
		if star[0].Type.Kind != value.JSON {
			sort = samples{sampled("up", spelled(star[0].Name)), sampled("down", spelled(star[0].Name)+".desc.nullslast")}
		}
	}
	for _, e := range embeds(o.cv) {
		pick = append(pick, sampled("embed_"+token(e.word), "*,"+e.word+"(*)"))
	}
	pick = append(pick, sampled("count", "count()"))
	o.parameters = o.parameters.with(o.id+".select", query("select", "Columns, embeds and aggregates, separated by commas: "+
		"`column`, `alias:column`, `column::text`, `json->member`, `relation(…)`, `relation!inner(…)`, `...relation(…)`, `column.sum()`, `count()`. "+
		"Default: `*`.", text(), pick))
	o.parameters = o.parameters.with(o.id+".order", query("order", "`column[.asc|.desc][.nullsfirst|.nullslast]`, separated by commas; "+
		"`relation(column)` orders by a to-one relation. Ties are broken by the primary key.", text(), sort))
}

// written declares columns and on_conflict.
func (o *operations) written() {
	var names []string
	for _, m := range o.exampleInsert(o.cv, false) {
		names = append(names, spelled(m.name))
	}
	o.parameters = o.parameters.with(o.id+".columns", query("columns", "The columns of a list's objects: other members are not looked at, "+
		"missing ones are NULL, or their default with `Prefer: missing=default`.", text(), samples{sampled("given", strings.Join(names, ","))}))
	keys := samples{}
	for i, k := range o.keys() {
		keys = append(keys, sampled("key_"+itoa(i+1), spelledAll(k)))
	}
	if len(keys) > 0 {
		o.parameters = o.parameters.with(o.id+".on_conflict", query("on_conflict", "The key whose conflict `Prefer: resolution=` resolves; "+
			"default: the primary key.", text(), keys))
	}
}

// keys are the primary key and the unique ones, as far as the actor may name their fields.
func (o *operations) keys() [][]*schema.Field {
	var out [][]*schema.Field
	all := [][]*schema.Field{o.cv.Collection.PrimaryKey}
	for _, k := range o.cv.Collection.Unique {
		all = append(all, k.Fields)
	}
	for _, fields := range all {
		nameable := len(fields) > 0
		for _, f := range fields {
			nameable = nameable && o.cv.CanRead(f)
		}
		if nameable {
			out = append(out, fields)
		}
	}
	return out
}

func spelledAll(fields []*schema.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = spelled(f.Name)
	}
	return strings.Join(names, ",")
}

// shared declares the parameters of every collection.
func (d *document) shared() {
	number := object{{"type", "integer"}, {"minimum", 0}}
	add := func(name string, is object) { d.parameters = d.parameters.with(name, is) }
	add("limit", query("limit", "The most rows to give; never more than "+itoa(d.Rows)+".", number, samples{{"ten", object{{"value", 10}}}}))
	add("offset", query("offset", "How many rows to leave out first.", number, samples{{"none", object{{"value", 0}}}}))
	add("and", query("and", "A group of filters that must all hold: `(column.eq.1,not.column.in.(2,3),or(…))`. `not.and` negates.", text(), nil))
	add("or", query("or", "A group of filters of which one must hold: `(column.eq.1,column.is.null,and(…))`. `not.or` negates.", text(), nil))
	add("having", query("having", "A group of filters over the aliases of aggregates.", text(), nil))
	add("after", query("after", "Where the page before ended: the value in its `Link: …; rel=\"next\"`.", text(), nil))
	add("range", header("Range", "The rows to give, counted from 0, instead of `limit` and `offset`.", object{{"type", "string"}, {"pattern", `^\d+-\d*$`}},
		samples{sampled("first_ten", "0-9")}))
	add("ifNoneMatch", header("If-None-Match", "The `ETag` of the answer the client has.", text(), nil))
	add("idempotencyKey", header("Idempotency-Key", "A name for this write: sent again within a day, it is answered again and not carried out again.",
		object{{"type", "string"}, {"maxLength", 255}}, nil))
	d.preferences(add)
	if d.several() {
		name := d.view.Catalog.WireName(d.namespace)
		one := object{{"type", "string"}, {"enum", list{name}}}
		must := d.namespace != d.view.Catalog.Namespaces[0]
		add("acceptProfile", header("Accept-Profile", "The namespace to read.", one, nil).with("required", must).with("example", name))
		add("contentProfile", header("Content-Profile", "The namespace to write to.", one, nil).with("required", must).with("example", name))
	}
}

// preferences declares Prefer, for each kind of request.
func (d *document) preferences(add func(string, object)) {
	const common = " `handling=strict` refuses preferences that are unknown; `timezone=Area/City` prints timestamps there. Several are separated by commas."
	returned := "`return=minimal|headers-only|representation`, `count=exact`"
	for _, p := range []struct {
		name, says string
		examples   []string
	}{
		{"preferRead", "`count=exact` counts all rows.", []string{"count=exact", "handling=strict, timezone=Europe/Paris"}},
		{"preferInsert", returned + ", `resolution=merge-duplicates|ignore-duplicates`, `missing=default|null`.", []string{"return=minimal", "missing=default"}},
		{"preferUpdate", returned + ", `missing=default|null`, `max-affected=N` with `handling=strict`.", []string{"count=exact", "handling=strict, max-affected=10"}},
		{"preferPut", returned + ".", []string{"return=minimal"}},
		{"preferDelete", returned + ", `max-affected=N` with `handling=strict`.", []string{"count=exact", "handling=strict, max-affected=10"}},
	} {
		examples := samples{}
		for i, e := range p.examples {
			examples = append(examples, sampled("example_"+itoa(i+1), e))
		}
		add(p.name, header("Prefer", p.says+common, text(), examples))
	}
}
