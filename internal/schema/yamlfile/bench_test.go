package yamlfile_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// BenchmarkRead loads the example project twenty times over, as twenty namespaces.
func BenchmarkRead(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/tickets_example.txtar")
	if err != nil {
		b.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for i := range 20 {
		for _, f := range archive.Files {
			var name string
			if n, _ := fmt.Sscanf(f.Name, "collections/%s", &name); n == 1 && name != "billing/invoices.yaml" {
				fsys[fmt.Sprintf("collections/team%d/%s", i, name)] = &fstest.MapFile{Data: f.Data}
			}
		}
	}
	for b.Loop() {
		if c, problems := yamlfile.Read(fsys); c == nil {
			b.Fatal(yamlfile.Render(fsys, problems))
		}
	}
}
