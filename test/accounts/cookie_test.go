package accounts_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/testkit"
)

// TestTheCookieOfASignInIsAsNarrowAsItsSiteAllows: a browser takes the prefix __Host- only from the very host, over https, for all
// paths and no domain. Over http, where that is not to be had, the cookie is of the one path that reads it.
func TestTheCookieOfASignInIsAsNarrowAsItsSiteAllows(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ public, prefix, path string }{
		{"https://app.test", "__Host-socle-", "/"},
		{"https://app.test/team", "__Host-socle-", "/"},
		{"http://app.test", "socle-", "/auth/v1/callback"},
		{"http://app.test/team", "socle-", "/team/auth/v1/callback"},
	} {
		t.Run(x.public, func(t *testing.T) {
			t.Parallel()
			i := testkit.NewIssuer(t)
			project := atIssuer(i)
			project["socle.yaml"] = "public_url: " + x.public + "\n" + project["socle.yaml"]
			open(t, project, "").bound(t, i, x.prefix, x.path, strings.HasPrefix(x.public, "https:"))
		})
	}
}

func TestTheCookieOfASignInInDevIsOfItsOwnAddress(t *testing.T) {
	t.Parallel()
	i, dir := testkit.NewIssuer(t), t.TempDir()
	text := "name: app\n" + atIssuer(i)["socle.yaml"]
	if err := os.WriteFile(filepath.Join(dir, "socle.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	clk := &moving{}
	r, err := app.Open(context.Background(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Dev: true, Local: "http://127.0.0.1:8090",
		Clock: clk, Log: slog.New(slog.DiscardHandler), Env: func(name string) (string, bool) { v, ok := environment[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	s := &site{Runtime: r, t: t, clock: clk}
	s.bound(t, i, "socle-", "/auth/v1/callback", false)
}

// bound signs somebody in at an issuer, and looks at the cookie that binds the sign-in to its browser until it is over.
func (s *site) bound(t *testing.T, i *testkit.Issuer, prefix, path string, secure bool) {
	t.Helper()
	b := s.browser(i)
	r := b.open("authorize?provider=acme").want(t, 302)
	set := r.Result().Cookies()
	if len(set) != 1 {
		t.Fatalf("%v", r.Header())
	}
	c := set[0]
	if len(c.Value) < 32 || c.MaxAge != 600 {
		t.Errorf("the cookie is %s", c)
	}
	end := b.open(b.back(r.Header().Get("Location")))
	landed(t, end).in(t, s)
	gone := end.Result().Cookies()
	if len(gone) != 1 || gone[0].MaxAge >= 0 || gone[0].Value != "" || gone[0].Name != c.Name || len(b.jar) != 0 {
		t.Fatalf("after the sign-in: %v", gone)
	}
	for _, c := range []*http.Cookie{c, gone[0]} {
		if !strings.HasPrefix(c.Name, prefix) || c.Path != path || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
			t.Errorf("the cookie is %s", c)
		}
	}
}
