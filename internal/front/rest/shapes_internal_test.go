package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

func TestMemoryForShapesIsBounded(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, "\n-- socle.yaml --\nname: x\n-- tickets.yaml --\nfields:\n  id: int\n  title: text\n")
	col, _ := c.Collection("public", "tickets")
	access := make([]schema.Access, len(col.Fields))
	for i := range access {
		access[i] = schema.Readable
	}
	v := schema.NewView(c, "service_role", []*schema.CollectionView{{Collection: col, Access: access}})
	shapes := NewShapes(Limits{})
	ask := func(query string) {
		in := Input{Method: http.MethodGet, Segments: []string{"tickets"}, RawQuery: query, Header: http.Header{}, Shapes: shapes}
		if _, err := Parse(v, Limits{}, in); err != nil {
			t.Fatal(err)
		}
	}
	ask("select=" + strings.Repeat("a", largestShape) + ":title")
	if n := shapes.kept.EstimatedSize(); n != 0 {
		t.Errorf("%d shapes beyond the largest are kept", n)
	}
	for i := range 12_000 {
		ask(fmt.Sprintf("select=id,a%d:title,b%d:title&id=eq.1", i, i))
	}
	shapes.kept.CleanUp()
	if n := shapes.kept.WeightedSize(); n > shapesKept || n < shapesKept/2 {
		t.Errorf("%d bytes of shapes are kept, at most %d are to be", n, shapesKept)
	}
}
