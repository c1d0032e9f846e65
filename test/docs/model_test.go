package docs_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestTheModelReferenceNamesEveryKey looks for each key of the files' JSON Schemas in the document that describes them.
func TestTheModelReferenceNamesEveryKey(t *testing.T) {
	t.Parallel()
	for kind, page := range map[string]string{"collection": "model.md", "socle": "model.md", "function": "functions.md"} {
		out, err := exec.Command("socle", "schema", kind).Output()
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(out, &doc); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(root + "/docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		keys := properties(doc)
		if len(keys) < 8 {
			t.Fatalf("the schema of %s has only %v", kind, keys)
		}
		for _, k := range keys {
			if !named(string(raw), k) {
				t.Errorf("docs/%s does not name `%s` of a %s file", page, k, kind)
			}
		}
	}
}

// named reports whether a text has a key as code: alone, or at either end of a path.
func named(text, key string) bool {
	for _, form := range []string{"`" + key + "`", "." + key + "`", "`" + key + ":", "`" + key + ".", key + ":"} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// properties are the names of all properties of a JSON Schema, in order.
func properties(schema any) []string {
	found := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if named, ok := v["properties"].(map[string]any); ok {
				for name := range named {
					found[name] = true
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(schema)
	return slices.Sorted(maps.Keys(found))
}
