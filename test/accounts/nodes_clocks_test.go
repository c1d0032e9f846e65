package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/testkit"
)

// out waits until a token is refused on every server, and holds says that it is taken on every one at once.
func out(t *testing.T, token string, servers ...*site) {
	t.Helper()
	for _, s := range servers {
		eventually(t, func() bool { return s.as(token).get("/rest/v1/notes").Code == 401 })
	}
}

func holds(t *testing.T, token string, servers ...*site) {
	t.Helper()
	for _, s := range servers {
		s.as(token).get("/rest/v1/notes").want(t, 200)
		s.as(token).get("user").want(t, 200)
	}
}

// apart runs a test of two servers on one database: the clock of the other one is five minutes ahead, or behind.
func apart(t *testing.T, test func(t *testing.T, s, other *site)) {
	for _, ahead := range []time.Duration{auth.Apart, -auth.Apart} {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			s := open(t, atOnce, testkit.PostgresURL(t))
			test(t, s, s.beside(t, ahead))
		})
	}
}

func TestServersWhoseClocksAreFiveMinutesApartAgreeAboutSessions(t *testing.T) {
	t.Parallel()
	apart(t, func(t *testing.T, s, other *site) {
		both := []*site{s, other}
		p := s.newcomer(t, "ada@example.org")
		holds(t, p.access, both...)
		q := other.signIn(t, p.email)
		holds(t, q.access, both...)
		p.me().post("logout?scope=global", nil).want(t, 204)
		s.as(p.access).get("/rest/v1/notes").want(t, 401) // who ended it knows at once
		out(t, p.access, both...)
		out(t, q.access, both...)
		for i, at := range both {
			again := at.signIn(t, p.email)
			holds(t, again.access, both...)
			password := map[string]string{"password": fmt.Sprintf("%s %d", secret, i)}
			at.as(again.access).put("user", password).want(t, 200)
			holds(t, again.access, both...)
			at.admin().put("admin/users/"+p.id, map[string]string{"password": secret}).want(t, 200)
			out(t, again.access, both...)
		}
		for _, at := range both { // whose sessions an administrator has ended signs in again
			holds(t, at.signIn(t, p.email).access, both...)
		}
	})
}

func TestAPasswordThatIsChangedOnOneServerEndsTheSessionsOfTheOther(t *testing.T) {
	t.Parallel()
	apart(t, func(t *testing.T, s, other *site) {
		p := s.newcomer(t, "ada@example.org")
		q := other.signIn(t, p.email)
		other.as(q.access).put("user", map[string]string{"password": "another horse battery"}).want(t, 200)
		out(t, p.access, s, other)
		holds(t, q.access, s, other)
	})
}

func TestASessionIsRefreshedByTurnsOnServersWhoseClocksDiffer(t *testing.T) {
	t.Parallel()
	apart(t, func(t *testing.T, s, other *site) {
		p := s.newcomer(t, "ada@example.org")
		before, current := p.refresh, p.refresh
		for i := range 6 {
			at, elsewhere := s, other
			if i%2 == 1 {
				at, elsewhere = other, s
			}
			r := at.refreshed(current).want(t, 200)
			holds(t, r.field("access_token"), s, other)
			before, current = current, r.field("refresh_token")
			if got := elsewhere.refreshed(before).want(t, 200).field("refresh_token"); got != current {
				t.Errorf("one behind gives %q, want %q", got, current)
			}
		}
		at, later := s, other
		at.clock.advance(time.Hour)
		later.clock.advance(time.Hour)
		later.refreshed(p.refresh).refused(t, 400, "refresh_token_already_used")
		at.refreshed(current).refused(t, 400, "refresh_token_not_found")
	})
}

// TestAChallengeOfOneServerIsAnsweredOnAnother: it is made by a clock that is five minutes behind, and its life is as long.
func TestAChallengeOfOneServerIsAnsweredOnAnother(t *testing.T) {
	t.Parallel()
	s := open(t, atOnce, testkit.PostgresURL(t))
	behind := s.beside(t, -auth.Apart)
	p := s.newcomer(t, "ada@example.org")
	factor := p.me().post("factors", map[string]string{"factor_type": "totp", "friendly_name": "phone"}).want(t, 200)
	id := factor.field("id")
	challenge := behind.as(p.access).post("factors/"+id+"/challenge", nil).want(t, 200).field("id")
	proof := map[string]string{"challenge_id": challenge, "code": device{s, id, factor.field("totp.secret")}.shows(t)}
	p.me().post("factors/"+id+"/verify", proof).want(t, 200)
}
