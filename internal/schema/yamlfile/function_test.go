package yamlfile

import (
	"encoding/json"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The schema for editors and the reader know the same keys.
func TestTheSchemaOfFunctionsHasTheReadersKeys(t *testing.T) {
	t.Parallel()
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct {
			Properties map[string]any
			AnyOf      []struct{ Properties map[string]any }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(FunctionSchema(), &doc); err != nil {
		t.Fatal(err)
	}
	root, problems := Parse("f.yaml", []byte("args: { a: { type: text } }\nwrite: [{ method: POST, path: x }]\n"))
	if problems.Failed() {
		t.Fatal(problems)
	}
	f := &function{}
	f.known = map[string]Keys{}
	f.read(root)
	for what, want := range map[string]map[string]any{
		"a function": doc.Properties, "an argument": doc.Defs["argument"].AnyOf[1].Properties, "a step": doc.Defs["step"].Properties,
	} {
		var have, schema []string
		for k := range f.known[what] {
			have = append(have, k)
		}
		for k := range want {
			schema = append(schema, k)
		}
		sort.Strings(have)
		sort.Strings(schema)
		if diff := cmp.Diff(schema, have); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestEditorsAcceptFunctions(t *testing.T) {
	t.Parallel()
	s := compile(t, FunctionSchema())
	for text, ok := range map[string]bool{
		"args: { a: int, b: { enum: [x], list: true, default: [] } }\nwhen: true\nread: tickets?select=id\n": true,
		"write: [{ method: POST, path: tickets, body: { a: 1 } }]\nas: project\n":                            true,
		"value: \"1\"\nread: tickets\n": false,
		"as: nobody\nread: tickets\n":   false,
		"read: tickets\nreads: 1\n":     false,
	} {
		if err := s.Validate(instance(t, []byte(text))); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
