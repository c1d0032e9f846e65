package openapi

import (
	"strings"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
)

// operations are what one collection answers to, under construction.
type operations struct {
	*document
	cv   *schema.CollectionView
	id   string // the collection in component names and operation ids
	may  policy.Actions
	item object
}

// declare adds the components the operations refer to.
func (o *operations) declare() {
	if o.may.Read {
		o.schemas = o.schemas.with(o.id+".Row", o.row(o.cv))
		o.filters()
		o.chosen()
	}
	if o.may.Create {
		o.schemas = o.schemas.with(o.id+".Insert", o.insert(o.cv))
		o.written()
	}
	if o.may.Update && len(updatable(o.cv)) > 0 {
		o.schemas = o.schemas.with(o.id+".Update", o.update(o.cv))
	}
}

// operation is the head of one: names first, then what it takes.
func (o *operations) operation(verb, summary, description string) object {
	return object{{"operationId", verb + "_" + o.id}, {"tags", list{o.cv.Collection.Name}}, {"summary", summary}}.
		when(description != "", "description", description)
}

func (o *operations) name() string { return "`" + o.cv.Collection.Name + "`" }

func (o *operations) reads() {
	parameters := o.query("select", "order")
	for _, name := range []string{"limit", "offset", "and", "or"} {
		parameters = append(parameters, ref("parameters", name))
	}
	for _, name := range []string{"having", "after"} {
		if _, taken := o.cv.Field(name); !taken {
			parameters = append(parameters, ref("parameters", name))
		}
	}
	parameters = append(parameters, ref("parameters", "preferRead"), ref("parameters", "range"), ref("parameters", "ifNoneMatch"))
	parameters = append(parameters, o.profile("acceptProfile")...)
	rows := o.rows()
	answers := object{
		{"200", answer("All rows that were asked for.", rows, "contentRange", "contentLocation", "preferenceApplied", "etag", "link")},
		{"206", answer("Some of the rows; `Content-Range` says which, and of how many.", rows, "contentRange", "contentLocation", "preferenceApplied", "etag", "link")},
		{"304", object{{"description", "Nothing changed since the answer that `If-None-Match` names."}}},
	}
	for _, m := range []struct{ method, verb, what string }{{"get", "read", "Read rows of "}, {"head", "head", "The headers of a read of "}} {
		said := answers
		if m.method == "head" {
			said = bodiless(answers)
		}
		o.item = o.item.with(m.method, o.operation(m.verb, m.what+o.name(), o.about()).
			with("parameters", parameters).with("responses", refusing(said, readRefusals)))
	}
}

// about is the collection's description, and where a select can go from there.
func (o *operations) about() string {
	out := strings.TrimSpace(o.cv.Collection.Description)
	var words []string
	for _, e := range embeds(o.cv) {
		many := "many"
		if e.one {
			many = "one"
		}
		words = append(words, "`"+e.word+"` ("+e.to.Name+", "+many+")")
	}
	if len(words) == 0 {
		return out
	}
	return strings.TrimSpace(out + "\n\nembeds: " + strings.Join(words, ", "))
}

func (o *operations) creates() {
	parameters := list{ref("parameters", o.id+".columns")}
	if len(o.keys()) > 0 {
		parameters = append(parameters, ref("parameters", o.id+".on_conflict"))
	}
	parameters = append(parameters, o.writing("preferInsert")...)
	one := ref("schemas", o.id+".Insert")
	several := object{{"type", "array"}, {"items", one}}
	body := bodyOf(object{{"oneOf", list{one, several}}}, one, o.exampleInsert(o.cv, false)).with("required", true)
	answers := object{
		{"201", answer("Inserted. Empty, but for `return=representation`.", o.returned(), "location", "contentRange", "preferenceApplied", "replayed")},
		{"200", answer("A merge that inserted nothing.", o.returned(), "contentRange", "preferenceApplied", "replayed")},
	}
	o.item = o.item.with("post", o.operation("create", "Insert rows into "+o.name(), "One object, or a list: all are inserted, or none.").
		with("parameters", parameters).with("requestBody", body).with("responses", refusing(answers, writeRefusals)))
	if o.may.Update && len(o.cv.Collection.PrimaryKey) > 0 {
		o.puts()
	}
}

func (o *operations) puts() {
	var parameters list
	for _, f := range o.cv.Collection.PrimaryKey {
		p := object{{"name", spelled(f.Name)}, {"in", "query"}, {"required", true}, {"description", "The row's key, as in the body."},
			{"schema", object{{"type", "string"}, {"pattern", `^eq\.`}}}}
		if text, ok := exampleText(f); ok {
			p = p.with("example", "eq."+text)
		}
		parameters = append(parameters, p)
	}
	parameters = append(parameters, o.writing("preferPut")...)
	row := ref("schemas", o.id+".Insert")
	body := bodyOf(row, row, o.exampleInsert(o.cv, true)).with("required", true)
	answers := object{
		{"200", answer("Replaced, and returned.", o.returned(), "contentRange", "preferenceApplied", "replayed")},
		{"201", answer("Inserted.", o.returned(), "contentRange", "preferenceApplied", "replayed")},
		{"204", answer("Replaced.", nil, "contentRange", "preferenceApplied", "replayed")},
	}
	o.item = o.item.with("put", o.operation("put", "Insert or replace one row of "+o.name(), "The row's key stands in the filters and in the body.").
		with("parameters", parameters).with("requestBody", body).with("responses", refusing(answers, writeRefusals)))
}

const needsFilter = "Rows are chosen by filters. Without any filter the request is refused (21000)."

func (o *operations) updates() {
	parameters := append(o.choosing(), o.writing("preferUpdate")...)
	row := ref("schemas", o.id+".Update")
	body := bodyOf(row, row, exampleUpdate(o.cv)).with("required", true)
	answers := object{
		{"200", answer("The rows as they are now.", o.returned(), "contentRange", "preferenceApplied", "replayed")},
		{"204", answer("Changed; so many as `Content-Range` says.", nil, "contentRange", "preferenceApplied", "replayed")},
	}
	o.item = o.item.with("patch", o.operation("update", "Change rows of "+o.name(), needsFilter).
		with("parameters", parameters).with("requestBody", body).with("responses", refusing(answers, writeRefusals)))
}

func (o *operations) deletes() {
	parameters := append(o.choosing(), o.writing("preferDelete")...)
	answers := object{
		{"200", answer("The rows as they were.", o.returned(), "contentRange", "preferenceApplied", "replayed")},
		{"204", answer("Deleted.", nil, "contentRange", "preferenceApplied", "replayed")},
	}
	o.item = o.item.with("delete", o.operation("delete", "Delete rows of "+o.name(), needsFilter).
		with("parameters", parameters).with("responses", refusing(answers, writeRefusals)))
}

// choosing are the filters of an update or a delete.
func (o *operations) choosing() list {
	return append(o.query(), ref("parameters", "and"), ref("parameters", "or"))
}

// writing are the parameters of every write.
func (o *operations) writing(prefer string) list {
	var out list
	if o.may.Read {
		out = append(out, ref("parameters", o.id+".select"))
	}
	out = append(out, ref("parameters", prefer))
	if o.view.Role != policy.Anon {
		out = append(out, ref("parameters", "idempotencyKey"))
	}
	return append(out, o.profile("contentProfile")...)
}

// profile is the header that names the namespace, where there are several.
func (o *operations) profile(name string) list {
	if !o.several() {
		return nil
	}
	return list{ref("parameters", name)}
}
