package accounts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/testkit"
)

// canaries are secrets that went through the product, by what they are.
type canaries map[string]string

// errors keeps what a refusal says.
type errorsKept struct{ said bytes.Buffer }

func (e *errorsKept) of(r reply) reply {
	if r.Code >= 400 {
		fmt.Fprintln(&e.said, r.Code, r.Header(), r.Body)
	}
	return r
}

const (
	canaryPassword = "canary-password-7c1f"
	canaryOther    = "canary-password-9e2d"
	canaryWrong    = "canary-wrong-4b7a"
)

// every runs through what people do with accounts, and collects the secrets of it.
func (s *site) every(t *testing.T, kept *errorsKept) canaries {
	t.Helper()
	c := canaries{"password": canaryPassword, "new password": canaryOther, "wrong password": canaryWrong, "secret key": s.Keys.Secret}
	s.post("signup", map[string]string{"email": "ada@example.org", "password": canaryPassword}).want(t, 200)
	m := s.mail("ada@example.org")
	c["code"] = code(t, m)
	kept.of(s.post("verify", map[string]string{"type": "signup", "email": "ada@example.org", "token": "999999"}))
	link, err := url.Parse(m.Link(t))
	if err != nil {
		t.Fatal(err)
	}
	c["link"] = link.Query().Get("token")
	r := s.get(link.RequestURI())
	if r.Code != 303 || r.Header().Get("Referrer-Policy") != "no-referrer" || r.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", r.Code, r.Header())
	}
	kept.of(s.get(link.RequestURI())) // spent
	sign := func(password string) reply {
		return kept.of(s.post("token?grant_type=password", map[string]string{"email": "ada@example.org", "password": password}))
	}
	sign(canaryWrong)
	p := s.signedIn("ada@example.org", sign(canaryPassword).want(t, 200))
	c["access token"], c["refresh token"] = p.access, p.refresh
	next := s.refreshed(p.refresh).want(t, 200)
	c["second refresh token"] = next.field("refresh_token")
	kept.of(s.refreshed(p.refresh + "x"))
	enrolled := p.me().post("factors", `{"factor_type":"totp","friendly_name":"phone"}`).want(t, 200)
	c["TOTP secret"] = enrolled.field("totp.secret")
	challenge := p.me().post("factors/"+enrolled.field("id")+"/challenge", `{}`).want(t, 200)
	kept.of(p.me().post("factors/"+enrolled.field("id")+"/verify", map[string]string{"challenge_id": challenge.field("id"), "code": "000000"}))
	kept.of(p.me().put("user", map[string]string{"password": "x"}))
	p.me().put("user", map[string]string{"password": canaryOther}).want(t, 200)
	s.clock.advance(hour / 4)
	s.post("recover", map[string]string{"email": "ada@example.org"}).want(t, 200)
	for {
		if m = s.mail("ada@example.org"); strings.Contains(m.Text(), public) {
			break // a notice has no link
		}
	}
	if link, err = url.Parse(m.Link(t)); err != nil {
		t.Fatal(err)
	}
	c["recovery link"] = link.Query().Get("token")
	evil := link.Query()
	evil.Set("redirect_to", "https://evil.test/")
	r = s.get("/auth/v1/verify?" + evil.Encode())
	if at := r.Header().Get("Location"); strings.Contains(at, "evil") || r.Code != 303 {
		t.Errorf("%d %s", r.Code, at)
	}
	kept.of(s.admin().with("Authorization", "Bearer "+s.Keys.Secret+"x").get("admin/users"))
	kept.of(s.get("verify?type=signup&token=canary-in-a-query-31aa"))
	c["a token in a query"] = "canary-in-a-query-31aa"
	made := s.admin().post("admin/users", map[string]any{"email": "made@example.org", "password": "canary-made-77b1", "email_confirm": true}).want(t, 200)
	c["a made account's password"] = "canary-made-77b1"
	p.me().get("/rest/v1/notes")
	p.me().get("/rest/v1/notes?apikey=" + s.Keys.Secret) // a client's own mistake is told to the client, and to nobody else
	kept.of(s.admin().delete("admin/users/" + made.field("id")))
	return c
}

// No secret that people send or get is in a log, in an error, in the audit trail, or in the database as it is.
func TestNoSecretLeavesATrace(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"collections/notes.yaml": privateNotes}, func(t *testing.T, s *site) {
		var kept errorsKept
		secrets := s.every(t, &kept)
		places := map[string]string{"the log": s.log.String(), "an error": kept.said.String(),
			"the audit trail": s.admin().get("admin/audit?per_page=100").want(t, 200).Body.String(), "the database": s.stored(t)}
		for where, text := range places {
			if len(text) < 200 {
				t.Errorf("%s is empty: nothing was looked at", where)
			}
			for what, secret := range secrets {
				switch {
				case len(secret) < 6:
					t.Errorf("there is no %s", what)
				case len(secret) == 6 && where == "the database": // six digits are in many a number: the column is looked at alone
					if strings.Contains(text, `"`+secret+`"`) {
						t.Errorf("%s is in %s", what, where)
					}
				case len(secret) == 6 && where == "the log":
					if strings.Contains(text, "="+secret+" ") || strings.Contains(text, `"`+secret+`"`) {
						t.Errorf("%s is in %s", what, where)
					}
				case strings.Contains(text, secret):
					t.Errorf("%s is in %s: …%.200s", what, where, text[max(0, strings.Index(text, secret)-150):])
				}
			}
		}
		s.get("/_inbox").want(t, 404)
	})
}

// stored is everything in the database: every byte of the file, or every row of every table as JSON.
func (s *site) stored(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	if url, ok := s.Env("SOCLE_DATABASE"); ok {
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		rows, err := conn.Query(context.Background(), `SELECT format('SELECT coalesce(json_agg(t)::text, '''') FROM %I.%I t', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
		if err != nil {
			t.Fatal(err)
		}
		queries, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			var text string
			if err := conn.QueryRow(context.Background(), q).Scan(&text); err != nil {
				t.Fatal(err)
			}
			out.WriteString(text)
		}
		return out.String()
	}
	err := filepath.WalkDir(s.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), ".db") {
			return err
		}
		raw, err := os.ReadFile(path)
		out.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The log as JSON says no more than the log as text.
func TestNoSecretIsInTheLogAsJSON(t *testing.T) {
	t.Parallel()
	s := open(t, files{"collections/notes.yaml": privateNotes}, "")
	text := &kept{}
	r, err := app.Open(context.Background(), app.Options{Dir: s.Dir, Data: filepath.Join(t.TempDir(), "data"), Apply: true, Clock: s.clock, Env: s.Env,
		Log: slog.New(slog.NewJSONHandler(text, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	s.Runtime = r
	secrets := s.every(t, &errorsKept{})
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	for _, line := range lines {
		var v map[string]any
		if json.Unmarshal([]byte(line), &v) != nil {
			t.Errorf("no JSON: %s", line)
		}
		for what, secret := range secrets {
			if len(secret) > 6 && strings.Contains(line, secret) || strings.Contains(line, `"`+secret+`"`) {
				t.Errorf("%s is in %s", what, line)
			}
		}
	}
	if len(lines) < 10 {
		t.Errorf("%d lines", len(lines))
	}
}

// Whoever is signed out on one server is out on another within a second, and so is whoever changed a password or was deleted.
func TestASessionEndsOnEveryServer(t *testing.T) {
	t.Parallel()
	database := testkit.PostgresURL(t)
	s := open(t, atOnce, database)
	r, err := app.Open(context.Background(), app.Options{Dir: s.Dir, Data: s.Data, Clock: s.clock, Env: s.Env, Log: s.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	other := &site{Runtime: r, t: t, clock: s.clock, log: s.log}
	for name, end := range map[string]func(t *testing.T, p *person){
		"a sign-out": func(t *testing.T, p *person) { p.me().post("logout?scope=global", nil).want(t, 204) },
		"a password change": func(t *testing.T, p *person) {
			s.signIn(t, p.email).me().put("user", `{"password":"another one entirely"}`).want(t, 200)
		},
		"a ban": func(t *testing.T, p *person) {
			s.admin().put("admin/users/"+p.id, `{"ban_duration":"1h"}`).want(t, 200)
		},
		"a deletion": func(t *testing.T, p *person) { s.admin().delete("admin/users/"+p.id).want(t, 200) },
	} {
		t.Run(name, func(t *testing.T) {
			p := s.newcomer(t, strings.ReplaceAll(name, " ", "-")+"@example.org")
			other.as(p.access).get("/rest/v1/notes").want(t, 200)
			end(t, p)
			p.me().get("/rest/v1/notes").want(t, 401)
			eventually(t, func() bool { return other.as(p.access).get("/rest/v1/notes").Code == 401 })
			if r := other.refreshed(p.refresh); r.Code/100 != 4 {
				t.Errorf("%d %s", r.Code, r.Body)
			}
		})
	}
}
