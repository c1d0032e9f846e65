package accounts_test

import (
	"encoding/json"
	"testing"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/testkit"
)

// published is how many keys a server publishes.
func (s *site) published(t *testing.T) int {
	t.Helper()
	var set struct{ Keys []any }
	if err := json.Unmarshal(s.get(".well-known/jwks.json").want(t, 200).Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	return len(set.Keys)
}

func (s *site) rotate(t *testing.T, r auth.Rotation) *auth.Keys {
	t.Helper()
	k, err := auth.Rotate(s.Data, r, s.clock)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeysAreRotatedUnderServersThatRun: SQLite has one of them, PostgreSQL two.
func TestKeysAreRotatedUnderServersThatRun(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := on(t, engine, atOnce)
			both := []*site{s}
			if engine == "postgres" {
				both = append(both, s.beside(t, 0))
			}
			p := s.newcomer(t, "ada@example.org")
			s.rotate(t, auth.Rotation{Signing: true})
			eventually(t, func() bool { return s.published(t) == 2 })
			fresh := s.signIn(t, p.email)
			holds(t, fresh.access, both...) // the other server has perhaps not seen the file yet
			holds(t, p.access, both...)
			for _, at := range both {
				if n := at.published(t); n != 2 {
					t.Errorf("%d keys are published", n)
				}
				holds(t, at.refreshed(at.signIn(t, p.email).refresh).want(t, 200).field("access_token"), both...)
			}
			s.rotate(t, auth.Rotation{Signing: true, Revoke: true})
			out(t, p.access, both...)
			out(t, fresh.access, both...)
			holds(t, s.refreshed(p.refresh).want(t, 200).field("access_token"), both...) // a session outlives the keys of its tokens
		})
	}
}

// TestAPublishableKeyThatIsReplacedIsRefusedByServersThatRun: and the database stays that of the key set.
func TestAPublishableKeyThatIsReplacedIsRefusedByServersThatRun(t *testing.T) {
	t.Parallel()
	s := open(t, atOnce, testkit.PostgresURL(t))
	k := s.rotate(t, auth.Rotation{Publishable: true, Secret: true})
	eventually(t, func() bool { return s.get("settings").Code == 403 })
	client{site: s, headers: []string{"Apikey", k.Publishable}}.get("settings").want(t, 200)
	client{site: s, headers: []string{"Apikey", k.Secret}}.get("admin/users").want(t, 200)
	s.admin().get("admin/users").want(t, 403)
	third := s.beside(t, 0)
	client{site: third, headers: []string{"Apikey", k.Publishable}}.get("settings").want(t, 200)
}
