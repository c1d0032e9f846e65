package examples

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/cli"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

func TestTheExamplesAreFreeOfProblems(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"team", "atlas"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := config.Load(os.DirFS(name), nil)
			report(t, problems)
			c, problems := yamlfile.Read(os.DirFS(name))
			report(t, problems)
			if c == nil {
				t.Fatal("no catalogue")
			}
			set, problems := policy.Compile(c)
			report(t, problems)
			report(t, set.Advise())
		})
	}
}

func report(t *testing.T, problems schema.Problems) {
	t.Helper()
	for _, p := range problems {
		t.Errorf("%s (%s)", p, p.Hint)
	}
}

func TestTheTeamsPoliciesDoWhatItsTestsSay(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	if code := cli.Run(t.Context(), []string{"test", "team"}, &said, &said); code != 0 {
		t.Errorf("socle test: %d\n%s", code, &said)
	}
}

// Every key of every seed line is a field of its collection, and every required field is there.
func TestTheTeamSeedFitsItsCollections(t *testing.T) {
	t.Parallel()
	c, _ := yamlfile.Read(os.DirFS("team"))
	files, err := filepath.Glob("team/seed/*.ndjson")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".ndjson")])
		col := collection(c, name)
		if col == nil {
			t.Errorf("%s seeds no collection", file)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			fits(t, col, lines.Bytes())
		}
	}
}

func collection(c *schema.Catalog, key string) *schema.Collection {
	for _, col := range c.Collections {
		if col.Key == key {
			return col
		}
	}
	return nil
}

func fits(t *testing.T, col *schema.Collection, line []byte) {
	t.Helper()
	var row map[string]any
	if err := json.Unmarshal(line, &row); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for key := range row {
		if f, ok := col.FieldByKey(key); !ok || f.Computed != nil {
			t.Errorf("%s has no field %s to seed", col.Key, key)
		}
	}
	for _, f := range col.Fields {
		if _, ok := row[f.Key]; !ok && f.Required && f.Default.Kind == schema.NoDefault {
			t.Errorf("%s: %s lacks %s", col.Key, line, f.Key)
		}
	}
}
