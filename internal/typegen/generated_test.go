package typegen_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/schema/schematest"
)

// kinds are declarations of every type with a default that fits.
var kinds = []struct{ declared, initial string }{
	{"type: text", `"x"`}, {"type: int", "1"}, {"type: float", "1.5"}, {"type: decimal, precision: 6, scale: 2", "1.5"}, {"type: bool", "true"},
	{"type: uuid", "uuid"}, {"type: timestamp", "now"}, {"type: date", "today"}, {"type: json", "{}"}, {"type: bytes", `"AA=="`}, {"enum: [x, y]", "x"},
	{"type: text, list: true", "[]"}, {"enum: [x, y], list: true", "[x]"}, {"ref: others", "1"},
}

// field draws a field of any kind with any combination of what makes it optional, null or hidden.
func field(rt *rapid.T) string {
	kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
	said := []string{kind.declared}
	chance := func(what string, clauses ...string) {
		if rapid.Bool().Draw(rt, what) {
			said = append(said, rapid.SampledFrom(clauses).Draw(rt, what+" how"))
		}
	}
	chance("required", "required: true")
	chance("default", "default: "+kind.initial)
	chance("read", "read: never", `read: "row.id > 3"`, `read: "auth.role == 'authenticated'"`, `read: "auth.claims.team == 'care'"`)
	chance("write", "write: never", `write: "auth.role == 'service_role'"`)
	return "{ " + strings.Join(said, ", ") + " }"
}

// Whatever is declared: the row, the insert and the update of every role say what the catalogue says.
func TestTheTypesOfAnyProjectAgreeWithItsCatalogue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var yaml strings.Builder
		yaml.WriteString("-- others.yaml --\nfields: { id: { type: int, identity: true } }\npolicies: { read: true }\n")
		yaml.WriteString("-- things.yaml --\nfields:\n  id: int\n")
		n := rapid.IntRange(1, 8).Draw(rt, "fields")
		for i := range n {
			fmt.Fprintf(&yaml, "  f%d: %s\n", i, field(rt))
		}
		yaml.WriteString("computed: { c: { type: int, expr: row.id * 2 } }\npolicies: { read: true }\n")
		yaml.WriteString("-- shown.yaml --\nview:\n  from: things\n  fields:\n    id: id\n")
		for i := range n {
			fmt.Fprintf(&yaml, "    g%d: f%d\n", i, i)
		}
		yaml.WriteString("policies: { read: true }\n")
		set := compiled(t, schematest.MustRead(t, yaml.String()))
		for role, of := range roles {
			text, view := types(set, role), set.Reach(of...)
			for _, c := range set.Catalog().Collections {
				if cv, ok := view.Of(c); ok {
					agree(t, text, cv)
				}
			}
		}
		if t.Failed() {
			rt.Fatal(yaml.String())
		}
	})
}
