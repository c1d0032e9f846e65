package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
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
	w, handler := inside(b)
	for _, k := range append(reads[:len(reads):len(reads)], writes...) {
		b.Run(k.name, func(b *testing.B) {
			messages := make([]message, variety)
			for i := range messages {
				messages[i] = k.message(w, w.users[i%len(w.users)], i/len(w.users))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m := messages[i%variety]
				r := httptest.NewRequest(m.method, "/rest/v1/"+m.path, strings.NewReader(m.body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("apikey", w.keys.Publishable)
				r.Header.Set("Authorization", "Bearer "+w.users[i%variety%len(w.users)].Token)
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, r)
				if answer.Code/100 != 2 {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
}

// inside opens the example in this process.
func inside(b *testing.B) (*world, http.Handler) {
	b.Helper()
	const project = "../examples/team"
	data := filepath.Join(b.TempDir(), "data")
	r, err := app.Open(b.Context(), app.Options{
		Dir: project, Data: data, Apply: true, Clock: clock.System(),
		Env: func(string) (string, bool) { return "", false },
		Log: slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close() })
	w := &world{}
	if w.rows, err = readRows(filepath.Join(project, "seed")); err != nil {
		b.Fatal(err)
	}
	tokens := auth.NewTokens(r.Keys, auth.Issuer(""), clock.System())
	w.keys.Publishable = r.Keys.Publishable
	for _, m := range w.rows.Members[:askers] {
		token, err := tokens.Issue(auth.Grant{Sub: m.UserID})
		if err != nil {
			b.Fatal(err)
		}
		w.users = append(w.users, w.rows.user(m.UserID, token))
	}
	return w, r
}
