package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
)

// BenchmarkRequest is one request through the whole handler, without the network: time and allocations. `go test ./bench
// -bench . -cpuprofile cpu.out` says where they go.
func BenchmarkRequest(b *testing.B) {
	w, handler := product(b)
	for _, k := range append(reads[:len(reads):len(reads)], writes...) {
		b.Run(k.name, func(b *testing.B) {
			requests := w.requests(k, "bench")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if answer := asked(b, handler, requests[i%len(requests)]); answer.Code/100 != 2 {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
}

func TestTheProductAndTheLimitGiveTheSameRows(t *testing.T) {
	t.Parallel()
	w, handler := product(t)
	l, _ := smallLimit(t)
	for _, k := range reads {
		full := false
		for i, request := range w.requests(k, "bench")[:60] {
			ours, theirs := asked(t, handler, request), asked(t, l.handler(), request)
			one, two := canonicalOf(t, ours), canonicalOf(t, theirs)
			if one != two {
				t.Fatalf("%s, %d:\nproduct %s\nlimit   %s", k.name, i, one, two)
			}
			full = full || len(one) > 2
			if all := strings.HasSuffix(one, "]"); k.counted == all {
				t.Errorf("%s: the number of all: %s", k.name, one)
			}
		}
		if !full {
			t.Errorf("%s: no request has found a row", k.name)
		}
	}
}

func TestBothTakeEveryKindOfWrite(t *testing.T) {
	t.Parallel()
	w, handler := product(t)
	l, _ := smallLimit(t)
	for _, k := range writes {
		for i, request := range w.requests(k, "bench")[:60] {
			ours, theirs := asked(t, handler, request), asked(t, l.handler(), request)
			if ours.Code/100 != 2 || ours.Code != theirs.Code {
				t.Fatalf("%s, %d: product %d %s, limit %d %s", k.name, i, ours.Code, ours.Body, theirs.Code, theirs.Body)
			}
		}
	}
}

// asked carries out a complete message.
func asked(tb testing.TB, handler http.Handler, message []byte) *httptest.ResponseRecorder {
	tb.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(message)))
	if err != nil {
		tb.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer
}

func canonicalOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(answer.Body.Bytes(), &v); err != nil {
		t.Fatalf("%d: %s", answer.Code, answer.Body)
	}
	text, err := canonical(answer.Header(), v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// product opens the benchmark's project with few rows in this process.
func product(tb testing.TB) (*world, http.Handler) {
	tb.Helper()
	dir := tb.TempDir()
	w := &world{dir: dir, sizes: few}
	if err := writeProject(w.project()); err != nil {
		tb.Fatal(err)
	}
	if err := few.write(filepath.Join(w.project(), "seed")); err != nil {
		tb.Fatal(err)
	}
	return w, opened(tb, w)
}

// opened serves a world's project and gives its askers tokens.
func opened(tb testing.TB, w *world) http.Handler {
	tb.Helper()
	r, err := app.Open(tb.Context(), app.Options{
		Dir: w.project(), Data: w.data(), Apply: true, Clock: clock.System(),
		Env: func(string) (string, bool) { return "", false },
		Log: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { r.Close() })
	tokens := auth.NewTokens(r.Keys, auth.Issuer(""), clock.System())
	w.keys.Publishable = r.Keys.Publishable
	for i := range askers {
		id := key(members, i)
		token, err := tokens.Issue(auth.Grant{Sub: id})
		if err != nil {
			tb.Fatal(err)
		}
		w.users = append(w.users, user{member: i, ID: id, Token: token})
	}
	return r
}

func TestEverySizeOfGrowthAnswersEveryKind(t *testing.T) {
	t.Parallel()
	for _, s := range []*series{collectionSeries(), hopSeries()} {
		for _, p := range s.points {
			if p.size > 10 {
				continue // as the smaller ones, and ten times the rows
			}
			t.Run(s.title+" "+grouped(p.size), func(t *testing.T) {
				t.Parallel()
				w := &world{dir: t.TempDir(), sizes: sizesOf(p.size)}
				if err := p.build(w); err != nil {
					t.Fatal(err)
				}
				shortened(t, w.seed(), filepath.Join(w.project(), "seed"))
				handler := opened(t, w)
				for _, k := range p.kinds {
					for i, request := range w.requests(k, "bench")[:24] {
						if answer := asked(t, handler, request); answer.Code/100 != 2 || k.name == "list of 30" && strings.Count(answer.Body.String(), `"id"`) != 30 {
							t.Fatalf("%s, %d: %d %s", k.name, i, answer.Code, answer.Body)
						}
					}
				}
			})
		}
	}
}

// shortened copies the first rows of each file.
func shortened(t *testing.T, from, to string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(from, "*.ndjson"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfterN(text, []byte("\n"), 1001)
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), bytes.Join(lines[:min(1000, len(lines))], nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
