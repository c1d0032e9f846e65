package openapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

const functionsTag = "rpc"

// calls describes the functions that the role may be allowed to call.
func (d *document) calls() {
	for _, f := range d.functions.Shown(d.view, d.view.Role) {
		if f.Decl.Namespace == d.namespace {
			d.call(f)
		}
	}
}

func (d *document) call(f *function.Function) {
	id, decl := token(f.Decl.Name), f.Decl
	properties, required, example := object{}, list{}, object{}
	for _, a := range decl.Args {
		properties = properties.with(a.Name, argument(a, !a.Required))
		if a.Required {
			required = append(required, a.Name)
			example = example.with(a.Name, exampleJSON(pseudo(a)))
		}
	}
	d.schemas = d.schemas.with(id+".Args", object{{"type", "object"}}.when(len(required) > 0, "required", required).
		with("properties", properties).with("additionalProperties", false))
	content := d.result(id, f)
	answers := object{{"200", answer("What it gives.", content, "contentRange", "preferenceApplied")}}
	if _, rows := f.Result.(function.Rows); rows {
		answers = answers.with("206", answer("Some of its rows.", content, "contentRange", "preferenceApplied"))
	}
	head := func(verb string) object {
		return object{{"operationId", verb + "_" + id}, {"tags", list{functionsTag}}, {"summary", "Call `" + decl.Name + "`"}}.
			when(decl.Description != "", "description", strings.TrimSpace(decl.Description))
	}
	item, shaping := object{}, d.shaping(f)
	if decl.Write == nil {
		item = item.with("get", head("query").with("parameters", append(arguments(decl), shaping...)).
			with("responses", refusing(answers, callRefusals)))
	}
	body := object{{"required", len(required) > 0}, {"content", object{{"application/json",
		object{{"schema", ref("schemas", id+".Args")}, {"example", example}}}}}}
	item = item.with("post", head("call").when(len(shaping) > 0, "parameters", d.posted(f, shaping)).
		with("requestBody", body).with("responses", refusing(answers, callRefusals)))
	if d.tags.get(functionsTag) == nil {
		d.tags = d.tags.with(functionsTag, "Declared functions.")
	}
	d.paths = d.paths.with("/rpc/"+url.PathEscape(decl.Name), item)
}

// posted are the parameters of a call by POST, whose profile has another name.
func (d *document) posted(f *function.Function, shaping list) list {
	out := slices.Clone(shaping)
	if d.several() {
		out[len(out)-1] = ref("parameters", "contentProfile")
	}
	if f.Decl.Write != nil && d.view.Role != policy.Anon {
		out = append(list{ref("parameters", "idempotencyKey")}, out...)
	}
	return out
}

// shaping are the parameters by which a caller narrows a function's rows.
func (d *document) shaping(f *function.Function) list {
	var out list
	if _, rows := f.Result.(function.Rows); rows {
		for _, name := range []string{"limit", "offset", "and", "or"} {
			if _, taken := f.Decl.Arg(name); !taken {
				out = append(out, ref("parameters", name))
			}
		}
		out = append(out, ref("parameters", "preferRead"))
	}
	if d.several() {
		out = append(out, ref("parameters", "acceptProfile"))
	}
	return out
}

// pseudo is an argument as a field, which is described alike.
func pseudo(a *schema.Arg) *schema.Field {
	return &schema.Field{Collection: &schema.Collection{}, Key: a.Name, Name: a.Name, Description: a.Description,
		Type: a.Type, Enum: a.Enum, Required: a.Required, Default: a.Default}
}

func argument(a *schema.Arg, null bool) object {
	f := pseudo(a)
	out := object{}.when(a.Description != "", "description", strings.TrimSpace(a.Description))
	out = kind(out, f, null)
	if a.Default.Kind == schema.Literal {
		out = out.with("default", json.RawMessage(value.AppendJSON(nil, a.Type, a.Default.Value)))
	}
	if e := exampleJSON(f); e != nil {
		out = out.with("examples", list{e})
	}
	return out
}

// arguments are a function's as parameters of GET; lists and JSON are written as texts there.
func arguments(decl *schema.Function) list {
	var out list
	for _, a := range decl.Args {
		of := kind(object{}, pseudo(a), false)
		if a.Type.List || a.Type.Kind == value.JSON {
			of = text()
		}
		says := strings.TrimSpace(a.Description)
		if a.Type.List {
			says = strings.TrimSpace(says + " A list is written {a,b}.")
		}
		p := query(a.Name, says, of, nil).with("required", a.Required)
		if e, ok := exampleText(pseudo(a)); ok {
			if of.get("type") == "string" {
				p = p.with("example", e)
			} else {
				p = p.with("example", json.RawMessage(e))
			}
		}
		out = append(out, p)
	}
	return out
}

// result declares what a function gives, and is the forms in which it gives it.
func (d *document) result(id string, f *function.Function) object {
	switch r := f.Result.(type) {
	case function.Scalar:
		d.schemas = d.schemas.with(id+".Result", kind(object{}, &schema.Field{Type: r.Type}, r.Nullable))
		return object{{"application/json", object{{"schema", ref("schemas", id+".Result")}}}}
	case function.Rows:
		d.schemas = d.schemas.with(id+".Result", d.resultRow(f, r))
		one := ref("schemas", id+".Result")
		many := object{{"type", "array"}, {"items", one}}
		return object{
			{"application/json", object{{"schema", many}}},
			{"application/vnd.pgrst.object+json", object{{"schema", one}}},
			{"application/vnd.pgrst.array+json", object{{"schema", many}}},
			{"text/csv", object{{"schema", text()}}},
			{"application/x-ndjson", object{{"schema", text()}}},
		}
	}
	d.steps()
	return object{{"application/json", object{{"schema", object{{"type", "array"}, {"items", ref("schemas", "TransactionResult")}}}}}}
}

// resultRow is the schema of a function's rows. Of a collection with masked fields every column may be NULL.
func (d *document) resultRow(f *function.Function, r function.Rows) object {
	masked := !f.Decl.Trusted && d.masks(r.Collection)
	properties := object{}
	for _, c := range r.Columns {
		null := c.Nullable || masked
		switch {
		case c.Rows == nil:
			properties = properties.with(c.Name, kind(object{}, &schema.Field{Type: c.Type, Enum: c.Enum}, null))
		case c.One:
			one := d.resultRow(f, *c.Rows)
			one[0].is = list{"object", "null"}
			properties = properties.with(c.Name, one)
		default:
			properties = properties.with(c.Name, object{{"type", "array"}, {"items", d.resultRow(f, *c.Rows)}})
		}
	}
	return object{{"type", "object"}, {"properties", properties}}
}

func (d *document) masks(c *schema.Collection) bool {
	cv, ok := d.view.Of(c)
	return ok && slices.ContainsFunc(c.Fields, cv.IsMasked)
}
