package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
)

// BenchmarkRequest is one request through the whole handler, without the network: time and allocations. `go test ./bench
// -bench . -cpuprofile cpu.out` says where they go.
func BenchmarkRequest(b *testing.B) {
	w, handler := inside(b)
	for k, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			requests := make([]*http.Request, variety)
			for i := range requests {
				u := w.users[i%len(w.users)]
				requests[i] = httptest.NewRequest(http.MethodGet, "/rest/v1/"+kinds[k].path(w, u, i/len(w.users)), nil)
				requests[i].Header.Set("apikey", w.keys.Publishable)
				requests[i].Header.Set("Authorization", "Bearer "+u.Token)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, requests[i%variety])
				if answer.Code != http.StatusOK {
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
		w.users = append(w.users, user{m.UserID, token, w.rows.visible(m.UserID)})
	}
	return w, r
}
