package yamlfile

import (
	"bytes"
	"encoding/json"
	"os"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compile(t *testing.T, raw []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("collection.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("collection.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instance(t *testing.T, text []byte) any {
	t.Helper()
	n, problems := Parse("x.yaml", text)
	if n == nil || problems.Failed() {
		t.Fatal(problems)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(n.JSON())))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEditorsAcceptWhatLoads(t *testing.T) {
	t.Parallel()
	s := compile(t, JSONSchema())
	for _, file := range []string{"testdata/tickets_example.txtar", "testdata/relations.txtar"} {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if f.Name == "want" {
				continue
			}
			if err := s.Validate(instance(t, f.Data)); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
	}
}

func TestEditorsRefuseWhatDoesNot(t *testing.T) {
	t.Parallel()
	s := compile(t, JSONSchema())
	for name, text := range map[string]string{
		"unknown key":          "fields: { id: uuid }\npolices: {}",
		"unknown type":         "fields: { id: guid }",
		"unknown field key":    "fields: { id: { type: uuid, requird: true } }",
		"two ways":             "fields: { id: uuid }\nrelations: { r: { from: a.b, column: c } }",
		"update without using": "fields: { id: uuid }\npolicies: { update: { check: 'true' } }",
		"neither":              "description: nothing else",
		"capital":              "fields: { Id: uuid }",
		"scale":                "fields: { id: { type: decimal, precision: 40, scale: 2 } }",
	} {
		if s.Validate(instance(t, []byte(text))) == nil {
			t.Errorf("%s: accepted\n%s", name, text)
		}
	}
}

// The schema and the reader name the same keys in every mapping.
func TestEditorsKnowEveryKey(t *testing.T) {
	t.Parallel()
	c := &collection{Decoder: Decoder{known: map[string]Keys{}}}
	for _, text := range []string{everything, "view: { update: {}, fields: { a: {} } }"} {
		n, problems := Parse("x.yaml", []byte(text))
		if n == nil {
			t.Fatal(problems)
		}
		c.read(n)
	}
	var schema struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	for what, def := range map[string]string{"a field": "fieldBody", "an enum value": "enumValue", "a computed field": "computed",
		"an entry of unique": "namedColumns", "search": "search", "a relation": "relation", "a foreign key": "foreignKey",
		"policies": "policies", "update": "update", "view": "view", "a view field": "viewField"} {
		if diff := cmp.Diff(names(schema.Defs[def].Properties), names(c.known[what])); diff != "" {
			t.Errorf("%s (schema -, reader +)\n%s", what, diff)
		}
	}
	if diff := cmp.Diff(names(schema.Properties), names(c.known["a collection"])); diff != "" {
		t.Error(diff)
	}
}

const everything = `
fields: { a: { enum: [{ value: x }] } }
computed: { b: {} }
unique: [{}]
search: {}
relations: { r: {} }
foreign_keys: { f: {} }
policies: { update: {} }
`

func names[V any](m map[string]V) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func TestThePublishedSchemaIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	JSONSchema()[0] = 'x'
	onDisk, err := os.ReadFile("collection.schema.json")
	if err != nil || !bytes.Equal(onDisk, JSONSchema()) {
		t.Error("a caller changed the embedded schema", err)
	}
}
