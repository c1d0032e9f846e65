package openapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

const slugPattern = `^[a-z0-9]+(-[a-z0-9]+)*$`

// insertable are the fields a new row may be given.
func insertable(cv *schema.CollectionView) []*schema.Field {
	var out []*schema.Field
	for _, f := range cv.Collection.Fields {
		if cv.CanWrite(f) {
			out = append(out, f)
		}
	}
	return out
}

// updatable are the fields that may be changed: a key stays what it is.
func updatable(cv *schema.CollectionView) []*schema.Field {
	var out []*schema.Field
	for _, f := range insertable(cv) {
		if !f.IsKey() {
			out = append(out, f)
		}
	}
	return out
}

// needed reports whether a new row must be given the field. Only an account has a uid to be the default.
func (d *document) needed(f *schema.Field) bool {
	without := f.Default.Kind == schema.NoDefault || f.Default.Kind == schema.DefaultAuthUID && d.view.Role != policy.Authenticated
	return !f.Nullable() && without && !f.Identity
}

// reference is the field that a field refers to, alone or with others; nil where it refers to none.
func reference(f *schema.Field) *schema.Field {
	if f.Ref != nil {
		return f.Ref.Targets[0]
	}
	for _, fk := range f.Collection.ForeignKeys {
		if i := slices.Index(fk.Columns, f); i >= 0 {
			return fk.Targets[i]
		}
	}
	return nil
}

// field is a field's schema; null says whether its value may be NULL there.
func (d *document) field(cv *schema.CollectionView, f *schema.Field, null bool) object {
	out := d.described(object{}, cv, f)
	out = kind(out, f, null)
	if f.Default.Kind == schema.Literal {
		out = out.with("default", json.RawMessage(value.AppendJSON(nil, f.Type, f.Default.Value)))
	}
	if e := exampleJSON(f); e != nil {
		out = out.with("examples", list{e})
	}
	out = out.when(f.IsKey(), "x-primary-key", true)
	if t := d.target(f); t != nil {
		to := object{{"collection", t.Collection.Name}, {"field", t.Name}}
		if t.Collection.Namespace != cv.Collection.Namespace {
			to = to.with("namespace", d.view.Catalog.WireName(t.Collection.Namespace))
		}
		out = out.with("x-foreign-key", to)
	}
	return out
}

// target is the field that a field refers to, nil where there is none that the actor may know of.
func (d *document) target(f *schema.Field) *schema.Field {
	to := reference(f)
	if to == nil {
		return nil
	}
	if cv, ok := d.view.Of(to.Collection); !ok || !cv.CanRead(to) {
		return nil
	}
	return to
}

// described says in words what a schema cannot.
func (d *document) described(out object, cv *schema.CollectionView, f *schema.Field) object {
	var says []string
	add := func(there bool, text string) {
		if there {
			says = append(says, text)
		}
	}
	add(f.Description != "", strings.TrimSpace(f.Description))
	add(f.IsKey() && len(f.Collection.PrimaryKey) == 1, "Primary key.")
	add(f.IsKey() && len(f.Collection.PrimaryKey) > 1, "Part of the primary key.")
	if t := d.target(f); t != nil {
		says = append(says, "References `"+t.Collection.Name+"."+t.Name+"`.")
	}
	add(f.Computed != nil, "Computed; only in answers whose `select` names it.")
	add(cv.IsMasked(f), "NULL in rows where the caller may not see it.")
	switch f.Default.Kind {
	case schema.NoDefault, schema.Literal:
	default:
		says = append(says, "Default: `"+f.Default.Kind.String()+"`.")
	}
	add(f.Identity, "Default: the next number.")
	add(f.OnUpdate.Kind != schema.NoDefault, "Set on every update.")
	says = append(says, remarks(f)...)
	return out.when(len(says) > 0, "description", strings.Join(says, " "))
}

// remarks are constraints JSON Schema has no words for.
func remarks(f *schema.Field) []string {
	var out []string
	switch f.Type.Kind {
	case value.Decimal:
		if f.Type.Precision > 0 {
			out = append(out, "Exact: "+f.Type.Element().String()+".")
		}
	case value.Bytes:
		out = append(out, "Bytes, as base64.")
	case value.JSON:
		out = append(out, "Any JSON.")
	case value.Timestamp, value.Date:
		if f.Min != nil && !f.Type.List {
			out = append(out, "Not before "+string(value.AppendText(nil, f.Type, *f.Min))+".")
		}
		if f.Max != nil && !f.Type.List {
			out = append(out, "Not after "+string(value.AppendText(nil, f.Type, *f.Max))+".")
		}
	}
	if f.Pattern != "" && !portable(f.Pattern) {
		out = append(out, "Matches the RE2 pattern `"+f.Pattern+"`.")
	}
	return out
}

// kind adds the type and its constraints.
func kind(out object, f *schema.Field, null bool) object {
	if f.Type.List {
		out = typed(out, "array", null)
		if f.Min != nil {
			out = out.with("minItems", int(f.Min.Int()))
		}
		if f.Max != nil {
			out = out.with("maxItems", int(f.Max.Int()))
		}
		return out.with("items", scalar(object{}, f, false))
	}
	return bounded(scalar(out, f, null), f)
}

func typed(out object, name string, null bool) object {
	if null {
		return out.with("type", list{name, "null"})
	}
	return out.with("type", name)
}

// forms are the types and formats of the kinds; json is anything.
var forms = map[value.Kind][2]string{
	value.Text: {"string"}, value.Int: {"integer", "int64"}, value.Float: {"number", "double"}, value.Decimal: {"number", "decimal"},
	value.Bool: {"boolean"}, value.UUID: {"string", "uuid"}, value.Timestamp: {"string", "date-time"}, value.Date: {"string", "date"},
	value.Bytes: {"string"},
}

// anything is the type of what may be any JSON.
var anything = list{"object", "array", "string", "number", "boolean", "null"}

func scalar(out object, f *schema.Field, null bool) object {
	form, ok := forms[f.Type.Kind]
	if !ok {
		return out.with("type", anything)
	}
	out = typed(out, form[0], null).when(form[1] != "", "format", form[1])
	out = out.when(f.Type.Kind == value.Bytes, "contentEncoding", "base64")
	if f.Enum != nil {
		values := texts(f.Enum)
		if null {
			values = append(values, nil)
		}
		out = out.with("enum", values)
	}
	out = out.when(f.Pattern != "" && portable(f.Pattern), "pattern", f.Pattern)
	switch f.Format {
	case "email":
		out = out.with("format", "email")
	case "url":
		out = out.with("format", "uri")
	case "slug":
		out = out.with("allOf", list{slugged(null)})
	}
	return out
}

// slugged is a constraint beside the field's own pattern.
func slugged(null bool) object { return typed(object{}, "string", null).with("pattern", slugPattern) }

// bounded adds min and max: lengths of texts, limits of numbers. Base64 writes three bytes as four characters.
func bounded(out object, f *schema.Field) object {
	for _, b := range []struct {
		at             *value.Value
		length, number string
	}{{f.Min, "minLength", "minimum"}, {f.Max, "maxLength", "maximum"}} {
		if b.at == nil {
			continue
		}
		switch f.Type.Kind {
		case value.Text:
			out = out.with(b.length, int(b.at.Int()))
		case value.Bytes:
			out = out.with(b.length, (int(b.at.Int())+2)/3*4)
		case value.Int, value.Float, value.Decimal:
			out = out.with(b.number, json.RawMessage(value.AppendJSON(nil, f.Type, *b.at)))
		}
	}
	return out
}

// row, insert and update are the three shapes of a collection's rows.
func (d *document) row(cv *schema.CollectionView) object {
	properties := object{}
	for _, f := range cv.Collection.Fields {
		if cv.CanRead(f) {
			null := cv.IsMasked(f) || f.Nullable()
			properties = properties.with(f.Name, d.field(cv, f, null))
		}
	}
	return object{{"type", "object"}, {"description", "A row of `" + cv.Collection.Name +
		"` as it is read. Without `select` every stored field is there; with it, what it names."}, {"properties", properties}}
}

func (d *document) insert(cv *schema.CollectionView) object {
	properties, required := object{}, list{}
	for _, f := range insertable(cv) {
		properties = properties.with(f.Name, d.field(cv, f, f.Nullable()))
		if d.needed(f) {
			required = append(required, f.Name)
		}
	}
	return object{{"type", "object"}, {"description", "A new row of `" + cv.Collection.Name + "`."}}.
		when(len(required) > 0, "required", required).
		with("properties", properties).with("additionalProperties", false)
}

func (d *document) update(cv *schema.CollectionView) object {
	properties := object{}
	for _, f := range updatable(cv) {
		properties = properties.with(f.Name, d.field(cv, f, !f.Required))
	}
	return object{{"type", "object"}, {"description", "What changes in rows of `" + cv.Collection.Name + "`; what is left out stays."},
		{"properties", properties}, {"additionalProperties", false}}
}
