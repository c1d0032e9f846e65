package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/config"
)

func TestMistakesInProvidersAreReportedWhereTheyAre(t *testing.T) {
	t.Parallel()
	environment := func(name string) (string, bool) { return "a value of the environment", name == "SECRET" }
	for _, env := range []config.Env{nil, environment} {
		for _, c := range []struct{ auth, at, says string }{
			{"providers: { acme: { client_id: x } }", "socle.yaml:3:22", "auth.providers.acme: this name is not a preset: add issuer"},
			{"providers: { google: { scopes: [ email ] } }", "socle.yaml:3:24", "client_id is missing"},
			{"providers: { gitlab: { client_id: x, tenant: common } }", "socle.yaml:3:48", "tenant is for azure and microsoft"},
			{"providers: { acme: { issuer: \"http://id.example.org\", client_id: x } }", "socle.yaml:3:33", "issuer must be an https address"},
			{"providers: { google: { client_id: x, client_secret: \"${SECRET}\" }, Bad: { client_id: x } }", "socle.yaml:3:", "a name has small letters"},
			{"issuers: [ { issuer: \"https://id.example.org\" } ]", "socle.yaml:3:", "audience"},
			{"issuers: [ { audience: x } ]", "socle.yaml:3:", "auth.issuers: "},
		} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "socle.yaml"), []byte("name: app\nauth:\n  "+c.auth+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, problems, err := Read(dir, env, clock.System())
			if err != nil || len(problems) != 1 {
				t.Errorf("%s: %v %v", c.auth, err, problems)
				continue
			}
			if p := problems[0]; !strings.HasPrefix(p.Pos.String(), c.at) || !strings.Contains(p.Message, c.says) {
				t.Errorf("%s: %s: %s", c.auth, p.Pos, p.Message)
			}
		}
	}
}
