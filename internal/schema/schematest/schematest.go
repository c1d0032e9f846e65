// Package schematest makes catalogues from inline YAML for the tests of other packages. It is for tests only.
package schematest

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// projectFolders are the folders of a project; any other is taken for a namespace under collections.
var projectFolders = map[string]bool{"collections": true, "seed": true, "tests": true, "queries": true, "public": true}

// FS is a project folder made of a txtar archive. "-- tickets.yaml --" is short for collections/tickets.yaml and
// "-- billing/invoices.yaml --" for collections/billing/invoices.yaml.
func FS(archive string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := f.Name
		top, _, _ := strings.Cut(name, "/")
		if strings.HasSuffix(name, ".yaml") && name != "socle.yaml" && !projectFolders[top] {
			name = "collections/" + name
		}
		fsys[name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	return fsys
}

// MustRead resolves the project in a txtar archive and fails the test on any error in it.
func MustRead(t testing.TB, archive string) *schema.Catalog {
	t.Helper()
	fsys := FS(archive)
	catalog, problems := yamlfile.Read(fsys)
	if problems.Failed() {
		t.Fatalf("the test's project does not load:\n%s", yamlfile.Render(fsys, problems))
	}
	return catalog
}

// MustFiles is MustRead for a map of path to content.
func MustFiles(t testing.TB, files map[string]string) *schema.Catalog {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	catalog, problems := yamlfile.Read(fsys)
	if problems.Failed() {
		t.Fatalf("the test's project does not load:\n%s", yamlfile.Render(fsys, problems))
	}
	return catalog
}

// Collection finds a collection by key and fails the test where there is none.
func Collection(t testing.TB, c *schema.Catalog, key string) *schema.Collection {
	t.Helper()
	for _, col := range c.Collections {
		if col.Key == key {
			return col
		}
	}
	t.Fatalf("no collection %q in the test's project", key)
	return nil
}
