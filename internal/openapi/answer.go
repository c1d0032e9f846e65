package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// rows are the forms in which rows are answered.
func (o *operations) rows() object {
	one := ref("schemas", o.id+".Row")
	many := object{{"type", "array"}, {"items", one}}
	row := exampleRow(o.cv)
	return object{
		{"application/json", object{{"schema", many}, {"example", list{row}}}},
		{"application/vnd.pgrst.object+json", object{{"schema", one}, {"example", row}}},
		{"application/vnd.pgrst.array+json", object{{"schema", many}}},
		{"text/csv", object{{"schema", text()}}},
		{"application/x-ndjson", object{{"schema", text()}}},
	}
}

// returned is a representation; nil for who may not read.
func (o *operations) returned() object {
	if !o.may.Read {
		return nil
	}
	return o.rows()
}

func answer(description string, content object, names ...string) object {
	h := object{}
	for _, name := range names {
		h = h.with(headerNames[name], ref("headers", name))
	}
	return object{{"description", description}}.with("headers", h).when(len(content) > 0, "content", content)
}

// bodiless are the answers of HEAD.
func bodiless(answers object) object {
	out := object{}
	for _, a := range answers {
		kept := object{}
		for _, m := range a.is.(object) {
			if m.name != "content" {
				kept = append(kept, m)
			}
		}
		out = out.with(a.name, kept)
	}
	return out
}

// bodyOf are the forms in which rows are sent; form is one row's schema, as a form sends it.
func bodyOf(of, form, example object) object {
	return object{{"content", object{
		{"application/json", object{{"schema", of}, {"example", example}}},
		{"text/csv", object{{"schema", text()}}},
		{"application/x-ndjson", object{{"schema", text()}}},
		{"application/x-www-form-urlencoded", object{{"schema", form}}},
	}}}
}

var headerNames = map[string]string{"contentRange": "Content-Range", "contentLocation": "Content-Location", "location": "Location",
	"preferenceApplied": "Preference-Applied", "etag": "ETag", "link": "Link", "replayed": "Idempotency-Replayed"}

func headers() object {
	of := func(description, example string) object {
		return object{{"description", description}, {"schema", text()}}.when(example != "", "example", example)
	}
	return object{
		{"contentRange", of("The first and last row given and their number: `0-9/57`; `*` for none, and for a number that was not asked for.", "0-9/57")},
		{"contentLocation", of("The address of what was read, its parameters in order.", "")},
		{"location", of("The address of the one row inserted, with `return=headers-only`.", "")},
		{"preferenceApplied", of("The preferences that were honoured.", "count=exact")},
		{"etag", of("Names these bytes.", "")},
		{"link", of("The next page, where there is one: `<…>; rel=\"next\"`.", "")},
		{"replayed", of("`true` where an earlier request with this `Idempotency-Key` is answered again.", "true")},
	}
}

var (
	readRefusals  = []int{300, 400, 401, 404, 406, 414, 416, 500, 503, 504}
	callRefusals  = []int{300, 400, 401, 403, 404, 406, 409, 413, 414, 416, 422, 500, 503, 504, 507}
	writeRefusals = []int{300, 400, 401, 403, 404, 406, 409, 413, 414, 422, 500, 503, 504, 507}
)

// refusing adds the statuses of what can go wrong.
func refusing(answers object, statuses []int) object {
	for _, s := range statuses {
		answers = append(answers, member{strconv.Itoa(s), ref("responses", "status"+strconv.Itoa(s))})
	}
	return answers
}

// refusals are the responses with an error, each with the codes it can carry.
func refusals() object {
	codes := map[int][]string{}
	for _, c := range fault.Codes() {
		codes[c.Status()] = append(codes[c.Status()], string(c))
	}
	codes[400] = append(codes[400], string(fault.TooLarge))
	codes[401] = append(codes[401], string(fault.Denied))
	codes[414] = append(codes[414], string(fault.TooComplex))
	var statuses []int
	for _, s := range append(readRefusals, writeRefusals...) {
		if !slices.Contains(statuses, s) {
			statuses = append(statuses, s)
		}
	}
	slices.Sort(statuses)
	out := object{}
	for _, s := range statuses {
		name := http.StatusText(s)
		out = out.with("status"+strconv.Itoa(s), object{{"description", name + ": " + strings.Join(codes[s], ", ") + "."},
			{"content", object{{"application/json", object{{"schema", ref("schemas", "Error")}}}}}})
	}
	return out
}

// faultSchemas are the shapes of an error. No collection can have their names: those of rows end in .Row, .Insert or .Update.
func faultSchemas() object {
	codes := list{}
	for _, c := range fault.Codes() {
		codes = append(codes, string(c))
	}
	nullable := object{{"type", list{"string", "null"}}}
	violation := object{{"type", "object"}, {"description", "One broken constraint of one row of a body."}, {"required", list{"row", "rule"}},
		{"properties", object{
			{"row", object{{"type", "integer"}, {"minimum", 0}, {"description", "The row, counted from 0."}}},
			{"column", object{{"type", "string"}, {"description", "The column; a check of the whole row has none."}}},
			{"rule", object{{"type", "string"}, {"description", "required, min, max, enum, pattern, format, or the name of a check."}}},
			{"limit", object{{"type", anything}, {"description", "What the rule allows."}}},
		}}}
	return object{
		{"Error", object{{"type", "object"}, {"required", list{"code", "message", "details", "hint"}}, {"properties", object{
			{"code", object{{"type", "string"}, {"enum", codes}, {"description", "PGRST codes are PostgREST's, the others PostgreSQL's."}}},
			{"message", text()},
			{"details", object{{"type", anything}, {"description", "More about it: a text, null, or for PGRST201 the relations that were meant."}}},
			{"hint", nullable},
			{"violations", object{{"type", "array"}, {"items", ref("schemas", "Violation")}}},
		}}, {"examples", list{object{{"code", "42703"}, {"message", "column tickets.nope does not exist"}, {"details", nil}, {"hint", nil}}}}}},
		{"Violation", violation},
	}
}
