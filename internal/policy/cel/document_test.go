package cel_test

import (
	"os"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

func TestTheDocumentedExamplesCompile(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```cel\n")
	examples, _, found := strings.Cut(rest, "\n```")
	if !found {
		t.Fatal("docs/policies.md has no examples")
	}
	catalog := schematest.MustRead(t, project)
	for _, text := range strings.Split(examples, "\n") {
		if _, problems := cel.New(catalog).Compile(source(text), scope(t, catalog)); len(problems) > 0 {
			t.Errorf("%s\n%s", text, schema.Problems(problems))
		}
	}
}
