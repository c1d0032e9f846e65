// Package accounts_test tells the stories of accounts through the whole product: requests at /auth/v1 on both engines, mail through
// a real SMTP server, time as the test wants it.
package accounts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
)

// public is where the project of a test says that it is reached.
const public = "http://app.test"

// environment is what the variables of a project are, which stand for its secrets.
var environment = map[string]string{"ISSUER_SECRET": "a-secret-of-the-client", "SMS_SECRET": "the webhook's own secret"} // the first is of testkit.Issuer

// files are those of a project, by path. Its socle.yaml is put below a name, public_url and mail; where it has no section auth, it
// allows redirects to https://site.test.
type files map[string]string

// everywhere runs a story on SQLite and on PostgreSQL, each with a project of its own.
func everywhere(t *testing.T, project files, story func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		story(t, open(t, project, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		story(t, open(t, project, testkit.PostgresURL(t)))
	})
}

// site is a project that is served, and its mail.
type site struct {
	*app.Runtime
	t     *testing.T
	clock *moving
	smtp  *testkit.MailServer
	log   *kept
	asked atomic.Int64

	mu   sync.Mutex
	read map[string]int // messages that were looked at, by address
}

func open(t *testing.T, project files, database string) *site {
	t.Helper()
	s := &site{t: t, clock: &moving{}, smtp: testkit.NewMailServer(t), log: &kept{}, read: map[string]int{}}
	dir := t.TempDir()
	for name, text := range s.project(project) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := app.Open(context.Background(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Loopback: true, Clock: s.clock,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Env: func(name string) (string, bool) {
			if name == "SOCLE_DATABASE" {
				return database, database != ""
			}
			v, ok := environment[name]
			return v, ok
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		if t.Failed() {
			t.Log(s.log.warnings())
		}
	})
	s.Runtime = r
	return s
}

func (s *site) project(given files) files {
	out := files{}
	for name, text := range given {
		out[name] = text
	}
	head := fmt.Sprintf("name: app\nmail: { smtp: %q, from: \"App <app@app.test>\" }\n", s.smtp.URL())
	if !strings.Contains(given["socle.yaml"], "public_url:") {
		head += "public_url: " + public + "\n"
	}
	if !strings.Contains(given["socle.yaml"], "auth:") {
		head += "auth: { redirects: [ https://site.test, https://site.test/** ] }\n"
	}
	out["socle.yaml"] = head + given["socle.yaml"]
	return out
}

// moving is a clock that a test puts forward.
type moving struct{ ahead atomic.Int64 }

func (m *moving) Now() time.Time          { return time.Now().Add(time.Duration(m.ahead.Load())) }
func (m *moving) Random() io.Reader       { return clock.System().Random() }
func (m *moving) advance(d time.Duration) { m.ahead.Add(int64(d)) }

// kept is a log that several goroutines write.
type kept struct {
	mu   sync.Mutex
	text strings.Builder
}

func (k *kept) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.Write(p)
}

func (k *kept) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.String()
}

// warnings are the lines of what went wrong.
func (k *kept) warnings() string {
	var out []string
	for _, line := range strings.Split(k.String(), "\n") {
		if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// client asks with some headers; a *site asks with the publishable key.
type client struct {
	*site
	headers []string // name, value, …
	address string   // of the network; "": another one at each request
}

func (s *site) anyone() client {
	return client{site: s, headers: []string{"Apikey", s.Keys.Publishable}}
}

// as asks with an account's token.
func (s *site) as(token string) client { return s.anyone().with("Authorization", "Bearer "+token) }

// admin asks with the secret key.
func (s *site) admin() client {
	return client{site: s, headers: []string{"Apikey", s.Keys.Secret, "Authorization", "Bearer " + s.Keys.Secret}}
}

// at asks from one network address; as a rule each request comes from another.
func (s *site) at(address string) client { c := s.anyone(); c.address = address; return c }

// with asks with further headers.
func (c client) with(headers ...string) client {
	c.headers = append(slices.Clone(c.headers), headers...)
	return c
}

func (s *site) do(method, path string, body any, headers ...string) reply {
	return s.anyone().do(method, path, body, headers...)
}

func (s *site) get(path string, headers ...string) reply { return s.do("GET", path, nil, headers...) }
func (s *site) post(path string, body any, headers ...string) reply {
	return s.do("POST", path, body, headers...)
}

func (c client) get(path string) reply            { return c.do("GET", path, nil) }
func (c client) post(path string, body any) reply { return c.do("POST", path, body) }
func (c client) put(path string, body any) reply  { return c.do("PUT", path, body) }
func (c client) delete(path string) reply         { return c.do("DELETE", path, nil) }

// do sends a request: a path that does not begin with a slash is below /auth/v1/; a body is JSON text or anything that is made
// JSON, nil for none. The API version is that of auth-js, unless a header says otherwise.
func (c client) do(method, path string, body any, headers ...string) reply {
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "http://") {
		path = "/auth/v1/" + path
	}
	text, is := body.(string)
	if body != nil && !is {
		raw, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		text = string(raw)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	n := c.asked.Add(1)
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255)
	if c.address != "" {
		r.RemoteAddr = c.address + ":1"
	}
	r.Header.Set("X-Supabase-Api-Version", "2024-01-01")
	r.Header.Set("Content-Type", "application/json")
	all := append(slices.Clone(c.headers), headers...)
	for i := 0; i+1 < len(all); i += 2 {
		if r.Header.Set(all[i], all[i+1]); all[i] == "Host" {
			r.Host = all[i+1]
		}
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return reply{w, method + " " + path}
}

// reply is an answer.
type reply struct {
	*httptest.ResponseRecorder
	of string
}

// want fails the test unless the answer has the status and, where members are given, at least these members of a JSON value; an
// array has to fit in each of its items, a member that is null may be absent.
func (r reply) want(t testing.TB, status int, members ...string) reply {
	t.Helper()
	if r.Code != status {
		t.Fatalf("%s: %d %s, want %d", r.of, r.Code, r.Body, status)
	}
	for _, m := range members {
		var want, got any
		if err := json.Unmarshal([]byte(m), &want); err != nil {
			t.Fatalf("the test's own %s: %v", m, err)
		}
		if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil || !within(want, got) {
			t.Fatalf("%s: %s, want %s", r.of, r.Body, m)
		}
	}
	return r
}

// refused fails the test unless the answer is a refusal with this code.
func (r reply) refused(t testing.TB, status int, code string) reply {
	t.Helper()
	return r.want(t, status, fmt.Sprintf(`{"code":%q}`, code))
}

func within(want, got any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for name, v := range w {
			ok = ok && within(v, g[name])
		}
		return ok
	case []any:
		g, ok := got.([]any)
		ok = ok && len(g) == len(w)
		for i := 0; ok && i < len(w); i++ {
			ok = within(w[i], g[i])
		}
		return ok
	}
	return reflect.DeepEqual(want, got)
}

// field is a member of a JSON answer, by a path with dots; numbers index arrays. "" where it is not there.
func (r reply) field(path string) string {
	var v any
	_ = json.Unmarshal(r.Body.Bytes(), &v)
	for _, name := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// mail is the next message to an address that was not looked at yet; it waits for it.
func (s *site) mail(to string) testkit.ReceivedMail {
	s.t.Helper()
	s.mu.Lock()
	nth := s.read[to]
	s.read[to]++
	s.mu.Unlock()
	seen := map[string]int{}
	return s.smtp.Wait(s.t, func(m testkit.ReceivedMail) bool {
		id := m.Header().Get("Message-Id")
		if !slices.Contains(m.To, to) {
			return false
		}
		if _, known := seen[id]; !known {
			seen[id] = len(seen)
		}
		return seen[id] == nth
	})
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// code is the code to type that a message brings.
func code(t testing.TB, m testkit.ReceivedMail) string {
	t.Helper()
	found := sixDigits.FindString(links.ReplaceAllString(m.Text(), ""))
	if found == "" {
		t.Fatalf("there is no code in\n%s", m.Text())
	}
	return found
}

var links = regexp.MustCompile(`https?://\S+`)

// pathOf is a link of a message as a path of the site.
func (s *site) pathOf(m testkit.ReceivedMail) string {
	s.t.Helper()
	link := m.Link(s.t)
	path, ok := strings.CutPrefix(link, public)
	if !ok {
		s.t.Fatalf("the link %s is not of %s", link, public)
	}
	return path
}

// person is somebody with an account whose address is confirmed, signed in.
type person struct {
	*site
	id, email, access, refresh string
}

// secret is every person's password.
const secret = "correct horse battery"

// person signs somebody up and confirms the address.
func (s *site) person(t *testing.T, email string) *person {
	t.Helper()
	s.post("signup", map[string]string{"email": email, "password": secret}).want(t, 200)
	r := s.post("verify", map[string]string{"type": "signup", "email": email, "token": code(t, s.mail(strings.ToLower(email)))}).want(t, 200)
	return s.signedIn(email, r)
}

// signIn is another session of somebody.
func (s *site) signIn(t *testing.T, email string) *person {
	t.Helper()
	r := s.post("token?grant_type=password", map[string]string{"email": email, "password": secret}).want(t, 200)
	return s.signedIn(email, r)
}

// signedIn reads an answer that is a session.
func (s *site) signedIn(email string, r reply) *person {
	return &person{site: s, id: r.field("user.id"), email: email, access: r.field("access_token"), refresh: r.field("refresh_token")}
}

// me asks with the person's token.
func (p *person) me() client { return p.as(p.access) }

// on opens a project on an engine.
func on(t *testing.T, engine string, project files) *site {
	t.Helper()
	if engine == "sqlite" {
		return open(t, project, "")
	}
	return open(t, project, testkit.PostgresURL(t))
}
