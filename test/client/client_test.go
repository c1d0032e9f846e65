package client_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// TestTheUnmodifiedClientOfSupabaseMeetsTheSameOnBothEngines runs the program of test/npm against a server of the product.
func TestTheUnmodifiedClientOfSupabaseMeetsTheSameOnBothEngines(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("../npm")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(filepath.Join(dir, "node_modules/@supabase/supabase-js"))
	if _, err := exec.LookPath("node"); err != nil || missing != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("node and `npm ci` in test/npm are required in CI")
		}
		t.Skip("no node, or no test/npm/node_modules")
	}
	binary := filepath.Join(t.TempDir(), "socle")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/socle-hq/socle/cmd/socle").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := "sqlite"
			if engine == "postgres" {
				database = testkit.PostgresURL(t)
			}
			cmd := exec.CommandContext(t.Context(), "node", "--test", "accounts.test.mjs")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "SOCLE="+binary, "SOCLE_DATABASE="+database)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}
