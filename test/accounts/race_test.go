package accounts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/testkit"
)

// obstacle is somebody else's transaction in a site's database, which keeps rows: who wants to change them, or to refer to them,
// waits. Acts are thus brought to a point, one after the other.
type obstacle struct {
	t          *testing.T
	tx         pgx.Tx
	look       *pgx.Conn
	acts, over int
	ended      chan struct{}
}

// stands keeps the rows of a query.
func (s *site) stands(t *testing.T, query string, args ...any) *obstacle {
	t.Helper()
	ctx := context.Background()
	url, _ := s.Env("SOCLE_DATABASE")
	var conns [2]*pgx.Conn
	for i := range conns {
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(ctx) })
		conns[i] = c
	}
	tx, err := conns[0].Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := tx.Exec(ctx, query+" FOR UPDATE", args...)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatal(tag, err)
	}
	return &obstacle{t: t, tx: tx, look: conns[1], ended: make(chan struct{}, 10)}
}

// met begins an act, and comes back when it waits for the obstacle or for an act before it, or has passed by.
func (o *obstacle) met(act func() reply) <-chan reply {
	o.t.Helper()
	out := make(chan reply, 1)
	o.acts++
	go func() {
		out <- act()
		o.ended <- struct{}{}
	}()
	eventually(o.t, func() bool {
		for len(o.ended) > 0 {
			<-o.ended
			o.over++
		}
		var waiting int
		err := o.look.QueryRow(context.Background(),
			`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			o.t.Fatal(err)
		}
		return waiting+o.over >= o.acts
	})
	return out
}

// gone takes the obstacle away.
func (o *obstacle) gone() {
	o.t.Helper()
	if err := o.tx.Rollback(context.Background()); err != nil {
		o.t.Fatal(err)
	}
}

const theAccount = `SELECT 1 FROM auth.users WHERE email = $1`

// Whoever signs in at the instant at which all sessions end is either refused or signed in first, and then that session ends too.
func TestNoSessionOutlivesWhatEndsThemAll(t *testing.T) {
	t.Parallel()
	const email = "ada@example.org"
	for name, end := range map[string]func(p *person) reply{
		"another password": func(p *person) reply { return p.me().put("user", map[string]string{"password": others}) },
		"one by an admin": func(p *person) reply {
			return p.admin().put("admin/users/"+p.id, map[string]string{"password": others})
		},
		"a ban":             func(p *person) reply { return p.admin().put("admin/users/"+p.id, `{"ban_duration":"24h"}`) },
		"the account's end": func(p *person) reply { return p.admin().delete("admin/users/" + p.id) },
	} {
		for _, ago := range []time.Duration{0, time.Minute} { // sign-ins that are close to each other are not all noted
			t.Run(fmt.Sprint(name, " after ", ago), func(t *testing.T) {
				t.Parallel()
				s := open(t, atOnce, testkit.PostgresURL(t))
				p := s.newcomer(t, email)
				s.clock.advance(ago)
				o := s.stands(t, theAccount, email)
				in := o.met(func() reply { return s.sign(email, secret) })
				out := o.met(func() reply { return end(p) })
				o.gone()
				r := <-in
				(<-out).want(t, 200)
				if r.Code == 200 {
					over := s.signedIn(email, r)
					eventually(t, func() bool { return over.me().get("user").Code != 200 })
					over.gone(t)
				} else if r.Code != 400 && r.Code != 403 && r.Code != 404 {
					t.Errorf("%d %s", r.Code, r.Body)
				}
				if r := s.sign(email, secret); r.Code != 400 {
					t.Errorf("what ended it left a way in: %d %s", r.Code, r.Body)
				}
			})
		}
	}
}

// An account whose address counts without proof goes to whoever proves the address: nobody who comes in at that instant stays.
func TestNobodyStaysInAnAccountThatIsTakenOver(t *testing.T) {
	t.Parallel()
	const email = "ann@example.org"
	for _, way := range []string{"password", "identity"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			i := testkit.NewIssuer(t)
			s := open(t, atIssuer(i, "confirm_email: false", "linking: true"), testkit.PostgresURL(t))
			mallory := s.newcomer(t, email)
			owner, back := s.browser(i), s.browser(i)
			again := func() reply { return s.sign(email, secret) }
			if way == "identity" {
				verifier := strings.Repeat("v", 50)
				i.Next(who("mallory", "mallory@example.org", true))
				r := mallory.me().get("user/identities/authorize?provider=other&skip_http_redirect=true&"+pkce(verifier)).want(t, 200)
				l := landed(t, owner.open(owner.back(r.field("url"))))
				s.exchange(l.query.Get("code"), verifier).want(t, 200)
				i.Next(who("mallory", "mallory@example.org", true))
				path := back.back(back.leave("provider=other"))
				again = func() reply { return back.open(path) }
			}
			s.clock.advance(time.Minute)
			i.Next(who("ann", email, true))
			path := owner.back(owner.leave("provider=acme"))
			o := s.stands(t, theAccount, email)
			in := o.met(again)
			over := o.met(func() reply { return owner.open(path) })
			o.gone()
			ann := landed(t, <-over).in(t, s)
			switch r := <-in; {
			case r.Code == 200:
				s.signedIn(email, r).out(t)
			case r.Code == 302 && strings.Contains(r.Header().Get("Location"), "access_token"):
				token := landed(t, r).fragment.Get("access_token")
				if got := s.as(token).get("user"); got.field("id") == ann.me().get("user").field("id") {
					t.Error("whoever had linked an identity is in the account")
				}
			}
		})
	}
}

// out fails the test unless a person's session is over.
func (p *person) out(t *testing.T) {
	t.Helper()
	eventually(t, func() bool { return p.me().get("user").Code != 200 })
	if r := p.refreshed(p.refresh); r.Code == 200 {
		t.Error("the refresh token still holds")
	}
}

// Who signs up again with the password that an unproved account has, while somebody else signs up with another, does not bring the
// first one back: whoever proves the address need not have chosen it.
func TestNoPasswordOfTwoWhoSignUpAtOnceIsKept(t *testing.T) {
	t.Parallel()
	s := open(t, nil, testkit.PostgresURL(t))
	up := func(password string) reply {
		return s.post("signup", map[string]any{"email": "ada@example.org", "password": password, "data": map[string]string{"name": password}})
	}
	up(others).want(t, 200)
	s.mail("ada@example.org")
	o := s.stands(t, `SELECT 1 FROM auth.passwords`)
	mine := o.met(func() reply { return up(secret) })
	theirs := o.met(func() reply { return up(others) })
	o.gone()
	(<-mine).want(t, 200)
	(<-theirs).want(t, 200)
	s.mail("ada@example.org")
	s.follow(t, s.pathOf(s.mail("ada@example.org"))).signsIn(t, s, "signup")
	s.sign("ada@example.org", others).refused(t, 400, "invalid_credentials")
	s.sign("ada@example.org", secret).refused(t, 400, "invalid_credentials")
}

// A sign-up that comes while the address is being proved takes nothing from its owner.
func TestASignUpTakesNothingFromAnAccountThatIsBeingProved(t *testing.T) {
	t.Parallel()
	s := open(t, nil, testkit.PostgresURL(t))
	s.post("signup", map[string]any{"email": "ada@example.org", "password": secret, "data": map[string]string{"name": "Ada"}}).want(t, 200)
	link := s.pathOf(s.mail("ada@example.org"))
	o := s.stands(t, theAccount, "ada@example.org")
	proved := o.met(func() reply { return s.get(link) })
	again := o.met(func() reply {
		return s.post("signup", map[string]string{"email": "ada@example.org", "password": others})
	})
	o.gone()
	arrived(t, <-proved).signsIn(t, s, "signup")
	(<-again).want(t, 200)
	s.sign("ada@example.org", secret).want(t, 200, `{"user":{"user_metadata":{"name":"Ada"}}}`)
}

// A factor that an administrator takes away raises no session in that instant.
func TestAFactorThatIsTakenAwayRaisesNoSession(t *testing.T) {
	t.Parallel()
	s := open(t, near(nil), testkit.PostgresURL(t))
	ada := s.member(t, "ada@example.org")
	phone := ada.enroll(t, "Phone")
	ada.prove(t, phone)
	s.clock.advance(time.Minute)
	other := s.signIn(t, "ada@example.org")
	challenge := other.challenge(t, phone.id)
	o := s.stands(t, `SELECT 1 FROM auth.sessions`)
	raised := o.met(func() reply { return other.try(t, phone.id, challenge, phone.shows(t)) })
	taken := o.met(func() reply { return s.admin().delete("admin/users/" + ada.id + "/factors/" + phone.id) })
	o.gone()
	(<-taken).want(t, 200)
	if r := <-raised; r.Code == 200 {
		s.signedIn(ada.email, r).out(t)
	}
}

// A session that falls back at the instant at which its token is refreshed gives no token of what it was.
func TestARefreshGivesNoTokenOfASessionThatFellBack(t *testing.T) {
	t.Parallel()
	s := open(t, near(nil), testkit.PostgresURL(t))
	ada := s.member(t, "ada@example.org")
	phone := ada.enroll(t, "Phone")
	ada.prove(t, phone)
	ada.want(t, "aal2", "totp", "password")
	o := s.stands(t, `SELECT 1 FROM auth.sessions`)
	dropped := o.met(func() reply { return ada.me().delete("factors/" + phone.id) })
	refreshed := o.met(func() reply { return s.refreshed(ada.refresh) })
	o.gone()
	(<-dropped).want(t, 200)
	s.signedIn(ada.email, (<-refreshed).want(t, 200)).want(t, "aal1", "password")
}

// Changes that come at once are each made to what the one before has left.
func TestChangesOfOneInstantAreAllKept(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		var want [2]map[string]any
		for i := range want {
			want[i] = map[string]any{}
		}
		for i := range 12 {
			want[i%2][fmt.Sprint("k", i)] = float64(i)
		}
		together(12, func(i int) {
			data := map[string]any{fmt.Sprint("k", i): i}
			if i%2 == 0 {
				p.me().put("user", map[string]any{"data": data}).want(t, 200)
			} else {
				s.admin().put("admin/users/"+p.id, map[string]any{"app_metadata": data}).want(t, 200)
			}
		})
		for i, member := range []string{"user_metadata", "app_metadata"} {
			raw, err := json.Marshal(map[string]any{member: want[i]})
			if err != nil {
				t.Fatal(err)
			}
			s.admin().get("admin/users/"+p.id).want(t, 200, string(raw))
		}
	})
}

// Messages that are asked for at once, and links that are made at once, are in nobody's way: the last one counts.
func TestMessagesOfOneInstantAreInNobodysWay(t *testing.T) {
	t.Parallel()
	generous := files{"socle.yaml": "auth: { limits: { mailbox: 6000, send: 6000, account: 6000 } }\n"}
	everywhere(t, generous, func(t *testing.T, s *site) {
		p := s.person(t, "ada@example.org")
		s.post("signup", map[string]string{"email": "begun@example.org", "password": secret}).want(t, 200)
		for name, ask := range map[string]func(i int) reply{
			"a sign-up of nobody's address": func(int) reply {
				return s.post("signup", map[string]string{"email": "new@example.org", "password": secret})
			},
			"of one that nobody has proved": func(int) reply {
				return s.post("signup", map[string]string{"email": "begun@example.org", "password": secret})
			},
			"of one that somebody has proved": func(int) reply { return s.post("signup", map[string]string{"email": p.email, "password": secret}) },
			"a code to change the password":   func(int) reply { return p.me().get("reauthenticate") },
			"another address": func(i int) reply {
				return p.me().put("user", map[string]string{"email": fmt.Sprintf("ada%d@example.org", i)})
			},
			"a link": func(int) reply {
				return s.admin().post("admin/generate_link", map[string]string{"type": "recovery", "email": p.email})
			},
			"a link of a change": func(i int) reply {
				return s.admin().post("admin/generate_link", map[string]string{"type": "email_change_current", "email": p.email, "new_email": fmt.Sprintf("a%d@example.org", i)})
			},
			"an invitation of a known one": func(int) reply { return s.admin().post("invite", map[string]string{"email": "begun@example.org"}) },
		} {
			got := make([]reply, 6)
			together(len(got), func(i int) { got[i] = ask(i) })
			for _, r := range got {
				if r.Code != 200 {
					t.Errorf("%s: %d %s", name, r.Code, r.Body)
				}
			}
		}
	})
}
