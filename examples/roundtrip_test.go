package examples

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/cli"
)

// What the examples hold goes out and comes into an empty database, and goes out again the same, byte for byte. The atlas's data is
// fetched by `make atlas`.
func TestTheExamplesDataGoesRoundUnchanged(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"team", "atlas"} {
		for _, format := range []string{"csv", "ndjson"} {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				if files, _ := filepath.Glob(name + "/seed/*.ndjson"); len(files) == 0 {
					t.Skip("the example has no data here")
				}
				roundTrip(t, name, format)
			})
		}
	}
}

func roundTrip(t *testing.T, name, format string) {
	t.Helper()
	full, empty, first, second := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	bare := filepath.Join(t.TempDir(), name)
	for _, part := range []string{"collections", "socle.yaml"} { // without the seed
		copyTree(t, filepath.Join(name, part), filepath.Join(bare, part))
	}
	run(t, "apply", name, "--data", full)
	run(t, "export", "--all", first, "--format", format, name, "--data", full)
	run(t, "apply", bare, "--data", empty)
	run(t, "import", "--all", first, bare, "--data", empty)
	run(t, "export", "--all", second, "--format", format, bare, "--data", empty)
	files, err := filepath.Glob(first + "/*")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(filepath.Join(second, filepath.Base(file)))
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: %d bytes went in, %d came out: %v", filepath.Base(file), len(before), len(after), err)
		}
	}
}

func run(t *testing.T, args ...string) {
	t.Helper()
	var said bytes.Buffer
	if code := cli.Run(t.Context(), args, &said, &said); code != 0 {
		t.Fatalf("%v: %d\n%s", args, code, &said)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		return os.WriteFile(at, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
