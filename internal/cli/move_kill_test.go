package cli_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// TestAMoveKilledAtAnyMomentIsCompletedByTheNext kills the process itself, there and back; rows without keys would betray a
// second one.
func TestAMoveKilledAtAnyMomentIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	dir, home := t.TempDir(), t.TempDir()
	const rows = 20_000
	var b strings.Builder
	b.WriteString("text,n\n")
	for i := range rows {
		fmt.Fprintf(&b, "<%d>,%d\n", i, i)
	}
	for name, text := range map[string]string{"socle.yaml": "name: app\n", "rows.csv": b.String(),
		"collections/rows.yaml": "fields: { text: text, n: int }\nprimary_key: none\npolicies: { read: true }\n",
		"collections/tree.yaml": "fields: { id: { type: int, identity: true }, up_id: { ref: tree } }\npolicies: { read: true }\n",
		"seed/tree.csv":         "id,up_id\n1,2\n2,1\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	name, err := exec.LookPath("socle")
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	dsn := testkit.PostgresURL(t)
	run("apply", dir)
	run("import", "rows", filepath.Join(dir, "rows.csv"), dir)
	before := run("export", "rows", dir) + run("export", "tree", dir)
	raw, err := os.ReadFile(filepath.Join(dir, ".socle", "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "keys"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, name, "move", dir, "--to", dsn)
	until(t, name, "move", dir, "--database", dsn, "--data", home, "--to", "sqlite")
	if after := run("export", "rows", dir, "--data", home) + run("export", "tree", dir, "--data", home); after != before {
		t.Errorf("%d bytes are not the %d of before", len(after), len(before))
	}
	if said := run("move", "--release", dir); !strings.Contains(said, "takes writes again") {
		t.Error(said)
	}
}

// until runs a command that is killed at random moments until it is done.
func until(t *testing.T, args ...string) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 5))
	killed := 0
	for patience := 30 * time.Millisecond; ; patience += 15 * time.Millisecond {
		ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(r.Int64N(int64(patience))))
		out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
		ended := ctx.Err()
		cancel()
		switch {
		case err == nil, strings.Contains(string(out), "is not empty: it holds a project"), strings.Contains(string(out), "is there already"):
			if killed == 0 {
				t.Error("nothing was killed")
			}
			return
		case ended == nil:
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		killed++
	}
}
