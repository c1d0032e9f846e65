package accounts_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
)

// teams is a project whose tokens say in which teams somebody is.
var teams = files{
	"socle.yaml": "auth: { confirm_email: false, hooks: { access_token: teams } }\n",
	"collections/members.yaml": `
fields: { id: int, user_id: { ref: auth.users, on_delete: cascade }, team: text }
policies: { read: "auth.role == 'service_role'" }
`,
	"queries/teams.yaml": `
args: { uid: { type: uuid, required: true } }
read: "members?select=team&user_id=eq.{uid}&order=team"
`,
}

// claims are what a token says.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	out := map[string]any{}
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAHookSaysWhatTokensSayBesides(t *testing.T) {
	t.Parallel()
	everywhere(t, teams,
		func(t *testing.T, s *site) {
			r := s.post("signup", map[string]string{"email": "ann@example.org", "password": secret}).want(t, 200)
			if got := claims(t, r.field("access_token"))["teams"]; len(got.([]any)) != 0 {
				t.Error(got)
			}
			s.admin().post("/rest/v1/members", `[{"id":1,"user_id":"`+r.field("user.id")+`","team":"red"},{"id":2,"user_id":null,"team":"blue"}]`).want(t, 201)
			again := s.post("token?grant_type=refresh_token", map[string]string{"refresh_token": r.field("refresh_token")}).want(t, 200)
			got, err := json.Marshal(claims(t, again.field("access_token"))["teams"])
			if err != nil || string(got) != `[{"team":"red"}]` {
				t.Errorf("%s %v", got, err)
			}
		})
}

func TestAHookCannotSayWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{"role", "sub", "aal", "app_metadata"} {
		everywhere(t, files{"socle.yaml": "auth: { confirm_email: false, hooks: { access_token: " + claim + " } }\n",
			"queries/" + claim + ".yaml": "args: { uid: uuid }\nvalue: \"'service_role'\"\n"},
			func(t *testing.T, s *site) {
				s.post("signup", map[string]string{"email": "ann@example.org", "password": secret}).refused(t, 500, "unexpected_failure")
				if said := s.log.String(); !strings.Contains(said, "may not set the claim") {
					t.Error(said)
				}
			})
	}
}

func TestHooksThatCannotBeCalledAreMistakesOfTheProject(t *testing.T) {
	t.Parallel()
	for want, project := range map[string]files{
		`there is no hook "sign_in"`:           {"socle.yaml": "name: a\nauth: { hooks: { sign_in: x } }\n"},
		`names the function "x", which is not`: {"socle.yaml": "name: a\nauth: { hooks: { access_token: x } }\n"},
		`has one argument, the account's uid`:  {"socle.yaml": "name: a\nauth: { hooks: { access_token: x } }\n", "queries/x.yaml": "value: \"1\"\n"},
		`the function "x" writes`:              {"socle.yaml": "name: a\nauth: { hooks: { access_token: x } }\n", "collections/n.yaml": "fields: { id: int }\n", "queries/x.yaml": "args: { uid: uuid }\nwrite: [ { method: POST, path: n, body: { id: 1 } } ]\n"},
	} {
		dir := t.TempDir()
		for name, text := range project {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := app.Open(context.Background(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Clock: clock.System(),
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Env: func(string) (string, bool) { return "", false }})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
