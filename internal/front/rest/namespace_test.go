package rest_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

func TestANamespaceIsAskedForByItsNameOnTheWire(t *testing.T) {
	t.Parallel()
	spec, problems := yamlfile.Load(schematest.FS("-- a.yaml --\nfields: { id: uuid }\n-- billing/b.yaml --\nfields: { id: uuid }\n"))
	if problems.Failed() {
		t.Fatal(problems)
	}
	for key, name := range map[string]string{"public": "shop", "billing": `The "Bills"`} {
		spec.Namespaces = append(spec.Namespaces, schema.NamespaceSpec{Key: schema.Word{Text: key}, Name: schema.Word{Text: name}})
	}
	c, problems := schema.Resolve(spec)
	if c == nil {
		t.Fatal(problems)
	}
	v := fullView(c)
	if r := parse(t, v, get("/b", "Accept-Profile", `The "Bills"`)); r.Namespace != "billing" || r.Schema != `The "Bills"` || !r.Profile {
		t.Errorf("%q, %q", r.Namespace, r.Schema)
	}
	if r := parse(t, v, get("/a")); r.Namespace != "public" || r.Schema != "shop" {
		t.Errorf("%q, %q", r.Namespace, r.Schema)
	}
	if f := refusal(t, v, rest.Limits{}, get("/b", "Accept-Profile", "billing")); f.Message != "Invalid schema: billing" ||
		f.Hint != `Only the following schemas are exposed: shop, The "Bills"` {
		t.Errorf("%s, %s", f.Message, f.Hint)
	}
	if f := refusal(t, v, rest.Limits{}, get("/b")); f.Message != "Could not find the table 'shop.b' in the schema cache" {
		t.Error(f.Message)
	}
	if f := refusal(t, v, rest.Limits{}, get("/a?select=c(id)")); f.Details != "Searched for a foreign key relationship between 'a' and 'c' in the schema 'shop', but no matches were found." {
		t.Error(f.Details)
	}
}
