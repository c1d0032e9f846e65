package adopt_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Everything that is awkward about one database, as the files it becomes.
func TestAnAwkwardSchemaBecomesAProjectAndAListOfWhatIsDifferent(t *testing.T) {
	t.Parallel()
	ddl, err := os.ReadFile("testdata/awkward.sql")
	if err != nil {
		t.Fatal(err)
	}
	p, _, dir := pulled(t, database(t, string(ddl)), "public", "Billing Dept")
	checked(t, dir)
	golden := filepath.Join("testdata", "awkward")
	files := p.Files()
	if *update {
		if err := os.RemoveAll(golden); err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			path := filepath.Join(golden, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := 0
	err = filepath.WalkDir(golden, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		want, err := os.ReadFile(path)
		name, _ := filepath.Rel(golden, path)
		if diff := cmp.Diff(string(want), files[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return err
	})
	if err != nil || found != len(files) {
		t.Errorf("%d golden files, %d files (%v); -update writes them", found, len(files), err)
	}
}
