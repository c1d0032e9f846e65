// Package openapi owns the description of a project's API: the OpenAPI 3.1 document of what one actor may see and do, made
// from a schema.View and the settings. The same input gives the same bytes. It knows nothing of serving the document, of
// requests, or of rows.
package openapi

import (
	"net/url"
	"strings"

	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
)

// Settings are what a document says that the view does not know.
type Settings struct {
	Name string
	URL  string // the public address without a slash at its end; "" makes the document's own the server
	Rows int    // the most rows of one answer
}

// API is what there is to describe.
type API struct {
	Set       *policy.Set
	Functions *function.Set // nil: none
	Settings
}

// document is one under construction.
type document struct {
	Settings
	view      *schema.View
	set       *policy.Set
	functions *function.Set
	namespace string

	tags, paths, schemas, parameters object
}

// Document describes, as compact JSON, what a view, which the API's set has made, shows of a namespace, and what its role may do
// there.
func (a API) Document(v *schema.View, namespace string) []byte {
	d := &document{Settings: a.Settings, view: v, set: a.Set, functions: a.Functions, namespace: namespace,
		tags: object{}, paths: object{}, schemas: object{}, parameters: object{}}
	d.shared()
	writable := false
	for _, name := range v.Names(namespace) {
		cv, _ := v.Collection(namespace, name)
		writable = d.collection(cv) || writable
	}
	d.calls()
	if writable {
		d.transaction()
	}
	return appendJSON(nil, d.whole())
}

func (d *document) whole() object {
	server := object{{"url", d.URL + "/rest/v1"}}
	tags := list{}
	for _, t := range d.tags {
		tags = append(tags, object{{"name", t.name}}.when(t.is != "", "description", t.is))
	}
	return object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", d.Name}, {"description", d.introduction()}, {"version", d.view.Catalog.Version}}},
		{"servers", list{server}},
		{"security", d.security()},
		{"tags", tags},
		{"paths", d.paths},
		{"components", object{
			{"schemas", append(d.schemas, faultSchemas()...)},
			{"parameters", d.parameters},
			{"responses", refusals()},
			{"headers", headers()},
			{"securitySchemes", schemes()},
		}},
	}
}

func (d *document) introduction() string {
	out := "The data API of " + d.Name + ", as " + d.view.Role + " sees it. Its grammar is PostgREST's: columns are filters " +
		"(`?status=eq.open`), `select` chooses columns and embeds related rows, `order`, `limit` and `offset` page."
	if d.several() {
		out += " These are the collections of the namespace `" + d.view.Catalog.WireName(d.namespace) + "`; all namespaces: `" +
			strings.Join(d.view.Catalog.WireNames(), "`, `") + "`."
	}
	return out
}

func (d *document) several() bool { return len(d.view.Catalog.Namespaces) > 1 }

// security is who must say what: the publishable key, an account's token, or the secret key.
func (d *document) security() list {
	key := object{{"apikey", list{}}}
	if d.view.Role != policy.Authenticated {
		return list{key}
	}
	return list{object{{"apikey", list{}}, {"bearer", list{}}}, object{{"bearer", list{}}}}
}

func schemes() object {
	return object{
		{"apikey", object{{"type", "apiKey"}, {"in", "header"}, {"name", "apikey"},
			{"description", "The publishable key, for `anon`; the secret key, for `service_role`."}}},
		{"bearer", object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}, {"description", "The access token of a signed-in account."}}},
	}
}

// collection describes one collection, and reports whether anything can be written to it.
func (d *document) collection(cv *schema.CollectionView) bool {
	c := cv.Collection
	may := d.set.May(d.view.Role, c)
	o := &operations{document: d, cv: cv, id: token(c.Name), may: may, item: object{}}
	if may.Read {
		o.reads()
	}
	if may.Create {
		o.creates()
	}
	if may.Update && len(updatable(cv)) > 0 {
		o.updates()
	}
	if may.Delete {
		o.deletes()
	}
	if len(o.item) == 0 {
		return false
	}
	o.declare()
	d.tags = d.tags.with(c.Name, strings.TrimSpace(c.Description))
	d.paths = d.paths.with("/"+url.PathEscape(c.Name), o.item)
	return may.Create || may.Update || may.Delete
}
