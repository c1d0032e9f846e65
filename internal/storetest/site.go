package storetest

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/store"
)

// Site is a world on one engine behind the product's own HTTP handler, where time stands still and randomness repeats itself.
type Site struct {
	Name    string
	world   *World
	store   store.Store
	folder  string // of its keys
	handler http.Handler
	keys    *auth.Keys
	sealer  *auth.Sealer
	tokens  *auth.Tokens
	issued  sync.Map     // tokens by actor
	held    string       // the last dump, "" where there is none
	noted   bytes.Buffer // what the handler has logged
	notedMu sync.Mutex
}

// NewSites puts a world on every engine, SQLite first.
func NewSites(t testing.TB, w *World) []*Site { return sitesOn(t, w, open(t, w)) }

// AllSites is NewSites with the engines of openAll.
func AllSites(t testing.TB, w *World) []*Site { return sitesOn(t, w, openAll(t, w)) }

// sitesOn makes sites of databases that have the world's tables and rows. They share their keys, as nodes do.
func sitesOn(t testing.TB, w *World, stores map[string]store.Store) []*Site {
	t.Helper()
	var out []*Site
	keys := t.TempDir()
	for _, name := range engineNames {
		if stores[name] == nil {
			continue
		}
		s := &Site{Name: name, world: w, store: stores[name], folder: keys}
		s.start(t)
		out = append(out, s)
	}
	return out
}

// start makes the handler.
func (s *Site) start(t testing.TB) {
	t.Helper()
	clk := clock.Fixed(instant, crand.Reader)
	var err error
	if s.keys, err = auth.Load(s.folder, "", clk); err != nil {
		t.Fatal(err)
	}
	if s.sealer, err = s.keys.Sealer(); err != nil {
		t.Fatal(err)
	}
	s.issued.Clear()
	s.tokens = auth.NewTokens(s.keys, "socle", clk)
	within := plan.Limits{Rows: 1000, Tree: 50_000, Levels: 32, Writes: 5000}
	s.handler, err = httpapi.New(httpapi.Config{
		Engine: engine.New(s.store, s.world.Set, within, clock.Fixed(instant, &repeated{r: rand.NewChaCha8([32]byte{})})),
		Gate:   auth.NewGate(s.keys, s.tokens), Sealer: s.sealer, Clock: clk, TxOverride: true, Log: slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelError})),
		Limits: patient(), Functions: s.world.Functions,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Write keeps a line of the handler's log.
func (s *Site) Write(line []byte) (int, error) {
	s.notedMu.Lock()
	defer s.notedMu.Unlock()
	return s.noted.Write(line)
}

// log is what the handler has logged of its failures.
func (s *Site) log() string {
	s.notedMu.Lock()
	defer s.notedMu.Unlock()
	return s.noted.String()
}

// cause is the last line of the log.
func (s *Site) cause() string {
	lines := strings.Split(strings.TrimSpace(s.log()), "\n")
	return lines[len(lines)-1]
}

// repeated is a generator that gives the same bytes in every run.
type repeated struct {
	mu sync.Mutex
	r  io.Reader
}

func (r *repeated) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.Read(p)
}

// Reply is what a request was answered with.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Refused reports whether the request was turned down.
func (r Reply) Refused() bool { return r.Status >= 400 }

// Whole is all of a reply but what names the request or its moment.
func (r Reply) Whole() string { return r.text(func(string) bool { return true }) }

// told are the headers that cases show.
var told = []string{"Content-Profile", "Content-Range", "Idempotency-Replayed", "Location", "Preference-Applied", "Www-Authenticate"}

// Brief is a reply as cases show it: the status, the headers that depend on what was done, and the body.
func (r Reply) Brief() string {
	return r.text(func(name string) bool {
		return slices.Contains(told, name) || name == "Content-Type" && !strings.Contains(r.Header.Get(name), "json")
	})
}

func (r Reply) text(shown func(name string) bool) string {
	var names []string
	for name := range r.Header {
		if name != "X-Request-Id" && shown(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	out := fmt.Sprintf("%d %s\n", r.Status, http.StatusText(r.Status))
	for _, name := range names {
		out += name + ": " + strings.Join(r.Header.Values(name), ", ") + "\n"
	}
	if r.Body != "" {
		out += strings.TrimSuffix(r.Body, "\n") + "\n"
	}
	return out
}

// Ask sends a request as a case writes it: a request line with the path below /rest/v1, headers, an empty line, the body.
func (s *Site) Ask(t testing.TB, a policy.Actor, text string) Reply {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	line, headers, _ := strings.Cut(strings.TrimSuffix(head, "\n"), "\n")
	method, target, ok := strings.Cut(line, " ")
	if !ok {
		t.Fatalf("request line %q", line)
	}
	r := httptest.NewRequest(method, "http://site.test/rest/v1"+target, strings.NewReader(strings.TrimSuffix(body, "\n")))
	r.RequestURI = "/rest/v1" + target
	for h := range strings.SplitSeq(headers, "\n") {
		if name, v, ok := strings.Cut(h, ":"); ok {
			r.Header.Add(name, strings.TrimSpace(v))
		}
	}
	s.sign(t, r, a)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return Reply{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// sign gives a request the credentials of an actor.
func (s *Site) sign(t testing.TB, r *http.Request, a policy.Actor) {
	t.Helper()
	switch a.Role {
	case policy.ServiceRole:
		r.Header.Set("Apikey", s.keys.Secret)
		return
	case policy.Anon, "":
		r.Header.Set("Apikey", s.keys.Publishable)
		return
	}
	who := a.Role + a.UID + a.Email
	token, ok := s.issued.Load(who)
	if !ok {
		claims := map[string]any{}
		if a.Email != "" {
			claims["email"] = a.Email
		}
		if a.AAL != "" {
			claims["aal"] = a.AAL
		}
		var err error
		if token, err = s.tokens.Issue(auth.Grant{Sub: a.UID, Role: a.Role, Claims: claims, TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
		s.issued.Store(who, token)
	}
	r.Header.Set("Apikey", s.keys.Publishable)
	r.Header.Set("Authorization", "Bearer "+token.(string))
}

func (s *Site) transact(t testing.TB, f func(context.Context, store.Tx) error) {
	t.Helper()
	ctx := context.Background()
	if err := s.store.Write(ctx, func(tx store.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatalf("%s: %s", s.Name, causes(err))
	}
}

// patient are the product's limits with time enough for a busy machine.
func patient() admission.Limits {
	l := admission.Default()
	l.Statement = time.Minute
	return l
}
