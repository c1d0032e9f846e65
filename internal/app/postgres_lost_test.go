package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestALostServerIsToldAndComesBackByItself(t *testing.T) {
	t.Parallel()
	c := testkit.NewCluster(t)
	said := &testkit.Said{}
	o := nodeOptions(t, shop, "", c.URL(), nil)
	o.Log = slog.New(slog.NewTextHandler(said, nil))
	n := join(t, o)
	n.wants(t, "GET", "/health", "", 200, `{"status":"ok"}`)
	c.Do("kill", "data")
	for _, r := range [][3]string{{"GET", "/rest/v1/notes"}, {"POST", "/rest/v1/notes", `{"text":"lost"}`}} {
		w := n.ask(r[0], r[1], r[2])
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"code":"PGRST000"`) {
			t.Errorf("%s: %d %s", r[0], w.Code, w.Body)
		}
	}
	n.wants(t, "GET", "/health", "", 503, `{"status":"unavailable"}`)
	c.Do("start", "data")
	n.wants(t, "GET", "/health", "", 200, `{"status":"ok"}`)
	n.wants(t, "GET", "/rest/v1/notes?select=id&order=id", "", 200, `[{"id":1},{"id":2}]`)
	n.wants(t, "POST", "/rest/v1/notes", `{"text":"back"}`, 201, ``)
	if !strings.Contains(said.String(), "level=ERROR") {
		t.Error("nothing was logged: " + said.String())
	}
}

func TestAServerThatRestartsBetweenRequestsIsNotNoticed(t *testing.T) {
	t.Parallel()
	c := testkit.NewCluster(t)
	n := join(t, nodeOptions(t, shop, "", c.URL(), nil))
	for i := range 3 {
		n.wants(t, "GET", "/rest/v1/notes?select=id&id=eq.1", "", 200, `[{"id":1}]`)
		c.Do("kill", "data")
		c.Do("start", "data")
		if i%2 == 0 {
			n.wants(t, "POST", "/rest/v1/notes", fmt.Sprintf(`{"text":"w%d"}`, i), 201, ``)
		}
	}
}

func TestADatabaseThatCannotBeUsedIsSaidInOneLineWithoutThePassword(t *testing.T) {
	t.Parallel()
	c := testkit.NewCluster(t)
	const secret = "s3cr3t-w0rd"
	c.Run("CREATE ROLE locked LOGIN PASSWORD 'another'")
	c.Run("CREATE ROLE guest LOGIN")
	c.Run("CREATE DATABASE taken")
	c.Run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
	at := func(user, database string) string {
		u, _ := url.Parse(c.URL())
		u.User, u.Path = url.UserPassword(user, secret), "/"+database
		return u.String()
	}
	stranger := join(t, nodeOptions(t, map[string]string{"socle.yaml": "name: x\n", "collections/notes.yaml": "fields: { id: int }\npolicies: {}\n"}, "", at("socle", "taken"), nil))
	stranger.Close()
	forget(t, at("socle", "taken"))
	for _, x := range []struct{ dsn, want string }{
		{at("locked", "app"), "refuses the user \"locked\" (password authentication failed"},
		{at("socle", "nowhere"), "has no database \"nowhere\"; make it: createdb nowhere"},
		{at("nobody", "app"), "refuses the user \"nobody\" (role \"nobody\" does not exist)"},
		{at("guest", "app"), "lacks a right (permission denied for"},
		{at("socle", "latin"), "encoding is LATIN1"},
		{at("socle", "taken"), "in use by something else: it has the tables auth.audit, "},
		{"postgres://me:" + secret + "@127.0.0.1:1/app?sslmode=disable", "127.0.0.1:1 cannot be reached (connect: connection refused)"},
		{"postgres://me:" + secret + "@127.0.0.1:1/app?sslmode=maybe", "(of SOCLE_DATABASE) cannot be read"},
	} {
		said := &testkit.Said{}
		o := nodeOptions(t, shop, "", x.dsn, nil)
		o.Log = slog.New(slog.NewTextHandler(said, nil))
		_, err := app.Open(context.Background(), o)
		if err == nil {
			t.Errorf("%s was opened", x.want)
			continue
		}
		all := ""
		for e := err; e != nil; e = errors.Unwrap(e) {
			all += e.Error() + "\n"
		}
		if !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %q, want %q", err, x.want)
		}
		if strings.Contains(all+said.String(), secret) {
			t.Errorf("the password is shown: %s %s", all, said.String())
		}
	}
}
