package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// named resolves a project of two namespaces under names given in pairs.
func named(t *testing.T, pairs ...string) (*schema.Catalog, schema.Problems) {
	t.Helper()
	spec, problems := yamlfile.Load(schematest.FS("-- a.yaml --\nfields: { id: uuid }\n-- billing/b.yaml --\nfields: { id: uuid }\n"))
	if problems.Failed() {
		t.Fatal(problems)
	}
	for i := 0; i < len(pairs); i += 2 {
		at := func(text string, column int) schema.Word {
			return schema.Word{Text: text, Pos: schema.Pos{File: "socle.yaml", Line: i/2 + 1, Column: column}}
		}
		spec.Namespaces = append(spec.Namespaces, schema.NamespaceSpec{Key: at(pairs[i], 1), Name: at(pairs[i+1], 9)})
	}
	return schema.Resolve(spec)
}

func TestANamespaceIsCalledSomethingElseOnTheWireAlone(t *testing.T) {
	t.Parallel()
	plain, _ := named(t)
	c, problems := named(t, "billing", `Rechnungen "2"`, "public", "تست")
	if c == nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"تست", `Rechnungen "2"`}, c.WireNames()); diff != "" {
		t.Error(diff)
	}
	b, ok := c.Collection("billing", "b")
	if !ok || b.Key != "billing.b" || schema.Flat(b.Space, b.Ident).Name() != "billing.b" {
		t.Error("the key and the table have another name")
	}
	if plain.Version != c.Version {
		t.Error("the name asks for a migration")
	}
	if diff := cmp.Diff([]string{"public", "billing"}, plain.WireNames()); diff != "" {
		t.Error(diff)
	}
}

func TestNamesOfNamespacesThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pairs []string
		want  string
	}{
		{[]string{"biling", "x"}, `socle.yaml:1:1: there is no namespace "biling" (did you mean "billing"?)`},
		{[]string{"billing", ""}, "socle.yaml:1:9: the name of a namespace has 1 to 63 bytes"},
		{[]string{"billing", "a\nb"}, "socle.yaml:1:9: the name of a namespace cannot contain control characters or invalid UTF-8"},
		{[]string{"billing", " a"}, "socle.yaml:1:9: the name of a namespace cannot begin or end with a space"},
		{[]string{"billing", "public"}, `socle.yaml:1:9: the namespaces public and billing would both be called "public"`},
		{[]string{"billing", "x", "public", "x"}, `socle.yaml:1:9: the namespaces public and billing would both be called "x"`},
	} {
		if catalog, problems := named(t, c.pairs...); catalog != nil || problems.String() != c.want {
			t.Errorf("%q: %s", c.pairs, problems)
		}
	}
	if c, problems := named(t, "billing", "public", "public", "billing"); c == nil {
		t.Errorf("names that change places: %s", problems)
	}
}
