package accounts_test

import (
	"sync"
	"testing"
	"time"
)

// refreshed asks for another session.
func (s *site) refreshed(token string) reply {
	return s.post("token?grant_type=refresh_token", map[string]string{"refresh_token": token})
}

// A refresh token is current, one behind or older; the interval of reuse is open or over. Only an older one beyond the interval
// ends the family.
func TestARefreshTokenThatIsOldEndsItsFamily(t *testing.T) {
	t.Parallel()
	const reuse = 10 * time.Second
	for name, c := range map[string]struct {
		behind int
		after  time.Duration // since the last refresh
		ends   bool
	}{
		"current":                        {0, 0, false},
		"current, much later":            {0, 24 * time.Hour, false},
		"one behind, at once":            {1, 0, false},
		"one behind, much later":         {1, 24 * time.Hour, false},
		"two behind, within the reuse":   {2, reuse / 2, false},
		"two behind, beyond it":          {2, reuse + time.Second, true},
		"three behind, beyond the reuse": {3, reuse + time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, atOnce, func(t *testing.T, s *site) {
				p := s.newcomer(t, "ada@example.org")
				tokens := []string{p.refresh}
				var access string
				for range 3 {
					s.clock.advance(time.Minute)
					r := s.refreshed(tokens[len(tokens)-1]).want(t, 200)
					tokens, access = append(tokens, r.field("refresh_token")), r.field("access_token")
				}
				current := tokens[len(tokens)-1]
				s.clock.advance(c.after)
				r := s.refreshed(tokens[len(tokens)-1-c.behind])
				if !c.ends {
					got := r.want(t, 200).field("refresh_token")
					if (c.behind == 0) == (got == current) {
						t.Errorf("%d behind gives the current token: %v", c.behind, got == current)
					}
					s.refreshed(got).want(t, 200)
					return
				}
				r.refused(t, 400, "refresh_token_already_used")
				s.refreshed(current).refused(t, 400, "refresh_token_not_found")
				s.as(access).get("user").refused(t, 403, "session_not_found")
			})
		})
	}
}

func TestAHundredRefreshesAtOnceGiveOneSession(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		got := make([]reply, 100)
		together(len(got), func(i int) { got[i] = s.refreshed(p.refresh) })
		next := got[0].want(t, 200).field("refresh_token")
		for _, r := range got {
			if token := r.want(t, 200).field("refresh_token"); token != next || token == p.refresh {
				t.Fatalf("%s and %s", token, next)
			}
		}
		s.refreshed(next).want(t, 200)
	})
}

// together does something n times at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-gate
			f(i)
		}()
	}
	close(gate)
	wg.Wait()
}

func TestAForgedRefreshTokenIsOfNoSession(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		flipped := []byte(p.refresh)
		flipped[25] ^= 1 // in the counter
		for _, token := range []string{"", "x", string(flipped), p.refresh + "A", p.refresh[:len(p.refresh)-1], p.access, "\x00", s.Keys.Secret} {
			if r := s.refreshed(token); r.Code != 400 {
				t.Errorf("%q: %d %s", token, r.Code, r.Body)
			}
		}
		s.refreshed(p.refresh).want(t, 200)
	})
}

// Somebody who is banned or deleted has neither a session nor a way to another one.
func TestWhoeverIsBannedOrDeletedIsOut(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(t *testing.T, s *site, p *person){
		"banned": func(t *testing.T, s *site, p *person) {
			s.admin().put("admin/users/"+p.id, `{"ban_duration":"24h"}`).want(t, 200)
		},
		"deleted": func(t *testing.T, s *site, p *person) { s.admin().delete("admin/users/"+p.id).want(t, 200) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, atOnce, func(t *testing.T, s *site) {
				p := s.newcomer(t, "ada@example.org")
				p.me().get("/rest/v1/notes").want(t, 200)
				act(t, s, p)
				if r := s.refreshed(p.refresh); r.Code < 400 || r.Code >= 500 {
					t.Errorf("refresh: %d %s", r.Code, r.Body)
				}
				if r := p.me().get("user"); r.Code != 403 {
					t.Errorf("user: %d %s", r.Code, r.Body)
				}
				if r := p.me().get("/rest/v1/notes"); r.Code != 401 {
					t.Errorf("data: %d %s", r.Code, r.Body)
				}
				if r := s.post("token?grant_type=password", map[string]string{"email": p.email, "password": secret}); r.Code != 400 {
					t.Errorf("sign-in: %d %s", r.Code, r.Body)
				}
			})
		})
	}
}
