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
)

// TestAnImportKilledAtAnyMomentIsCompletedByTheNext kills the process itself; its rows have no keys that would betray a second one.
func TestAnImportKilledAtAnyMomentIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const rows = 30_000
	var b strings.Builder
	b.WriteString("text\n")
	for i := range rows {
		fmt.Fprintf(&b, "<%d>\n", i)
	}
	for name, text := range map[string]string{"socle.yaml": "name: app\n", "rows.csv": b.String(),
		"collections/rows.yaml": "fields: { id: { type: int, identity: true }, text: text }\npolicies: { read: true }\n"} {
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
	run := func(ctx context.Context, args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil && ctx.Err() == nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out), err
	}
	if _, err := run(context.Background(), "apply", dir); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for patience := 40 * time.Millisecond; ; patience += 10 * time.Millisecond {
		ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(r.Int64N(int64(patience))))
		out, err := run(ctx, "import", "rows", filepath.Join(dir, "rows.csv"), dir)
		cancel()
		if err == nil || strings.Contains(out, "rows from ") { // it has said that all is in
			break
		}
	}
	text, _ := run(context.Background(), "export", "rows", dir)
	for i := range rows {
		if n := strings.Count(text, fmt.Sprintf("\"<%d>\"", i)); n != 1 {
			t.Fatalf("row %d is there %d times", i, n)
		}
	}
}
