package accounts_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/app"
)

// passing is a project whose unused anonymous accounts and old entries of the audit trail go.
var passing = files{
	"socle.yaml":             "auth: { anonymous: true, confirm_email: false, anonymous_ttl: 30d, audit_ttl: 90d, session: { idle: 40d } }\n",
	"collections/notes.yaml": privateNotes,
	"collections/bills.yaml": "fields: { id: uuid, owner_id: { ref: auth.users, default: auth.uid } }\npolicies: { create: \"row.owner_id == auth.uid\" }\n",
}

// later is the server that is started again after a while.
func (s *site) later(t *testing.T, d time.Duration) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(d)
	r, err := app.Open(context.Background(), s.Options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	s.Runtime = r
}

// passer is an anonymous account.
func (s *site) passer(t *testing.T) *person {
	t.Helper()
	return s.signedIn("", s.post("signup", map[string]any{}).want(t, 200))
}

func TestAnonymousAccountsThatNobodyUsesGoWithTheirRows(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	everywhere(t, passing, func(t *testing.T, s *site) {
		unused, used, named, billed, old := s.passer(t), s.passer(t), s.passer(t), s.passer(t), s.newcomer(t, "old@example.org")
		for _, p := range []*person{unused, used} {
			p.me().post("/rest/v1/notes", `{"text":"x"}`).want(t, 201)
		}
		billed.me().post("/rest/v1/bills", `{}`).want(t, 201)
		s.admin().put("admin/users/"+named.id, map[string]any{"email": "named@example.org", "email_confirm": true}).want(t, 200)
		s.clock.advance(20 * day)
		used.refresh = s.refreshed(used.refresh).want(t, 200).field("refresh_token")
		s.later(t, 25*day)
		eventually(t, func() bool { return s.admin().get("admin/users/"+unused.id).Code == 404 })
		for _, p := range []*person{used, named, billed, old} {
			s.admin().get("admin/users/"+p.id).want(t, 200)
		}
		if text := s.admin().get("/rest/v1/notes?select=owner_id").want(t, 200).Body.String(); strings.Contains(text, unused.id) || !strings.Contains(text, used.id) {
			t.Errorf("notes are %s", text)
		}
		trail := s.admin().get("admin/audit?per_page=1000").want(t, 200).Body.String()
		if n := strings.Count(trail, `"auth.anonymous_ttl"`); n != 1 {
			t.Errorf("%d entries say that an account went: %s", n, trail)
		}
		s.refreshed(old.refresh).refused(t, 400, "refresh_token_not_found") // not session_expired: it was swept before
		s.refreshed(used.refresh).want(t, 200)
	})
}

func TestTheAuditTrailGoesBackAsFarAsTheProjectSays(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	everywhere(t, passing, func(t *testing.T, s *site) {
		count := func() int {
			n, err := strconv.Atoi(s.admin().get("admin/audit?per_page=1").want(t, 200).Header().Get("X-Total-Count"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		s.newcomer(t, "ada@example.org")
		before := count()
		s.clock.advance(50 * day)
		s.newcomer(t, "bea@example.org")
		all := count()
		s.later(t, 41*day)
		eventually(t, func() bool { return count() == all-before })
	})
}
