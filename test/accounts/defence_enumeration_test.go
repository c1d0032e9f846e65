package accounts_test

import (
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
)

// work is what a request took: the hashes of passwords, the transactions and the steps in them.
type work struct {
	hashes int64
	steps  []string
}

// kinds are how many steps there were of each kind, whatever the collection.
func (w work) kinds() map[string]int {
	out := map[string]int{"hash": int(w.hashes)}
	for _, s := range w.steps {
		kind, _, _ := strings.Cut(s, " ")
		out[kind]++
	}
	return out
}

// measured sends a request and tells what it took.
func (s *site) measured(method, path, body string) (reply, work) {
	var mu sync.Mutex
	var w work
	var hashes atomic.Int64
	r := httptest.NewRequest(method, "/auth/v1/"+path, strings.NewReader(body))
	n := s.asked.Add(1)
	r.RemoteAddr = address(n)
	r.Header.Set("Apikey", s.Keys.Publishable)
	r.Header.Set("X-Supabase-Api-Version", "2024-01-01")
	r.Header.Set("Content-Type", "application/json")
	ctx := records.Watched(r.Context(), func(step string) {
		mu.Lock()
		defer mu.Unlock()
		w.steps = append(w.steps, step)
	})
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r.WithContext(password.Counted(ctx, &hashes)))
	w.hashes = hashes.Load()
	return reply{rec, method + " " + path}, w
}

var (
	anyID      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyInstant = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
)

// faceless is an answer without the address that was asked for, ids and instants.
func faceless(r reply, address string) string {
	text := strings.ReplaceAll(r.Body.String(), address, "ADDRESS")
	text = anyInstant.ReplaceAllString(anyID.ReplaceAllString(text, "ID"), "INSTANT")
	h := r.Header().Clone()
	h.Del("Content-Length") // instants end in as few digits as they need
	head, _ := json.Marshal(h)
	return string(head) + "\n" + text
}

// asked are the requests that must not tell whether an address has an account.
var asked = []struct{ name, path, body string }{
	{"sign-up", "signup", `{"email":"WHO","password":"` + secret + ` 2","data":{"name":"x"}}`},
	{"sign-up with PKCE", "signup", `{"email":"WHO","password":"` + secret + ` 2","code_challenge":"` + strings.Repeat("c", 43) + `","code_challenge_method":"s256"}`},
	{"password", "token?grant_type=password", `{"email":"WHO","password":"wrong horse battery"}`},
	{"otp", "otp", `{"email":"WHO","create_user":false}`},
	{"otp with PKCE", "otp", `{"email":"WHO","create_user":false,"code_challenge":"` + strings.Repeat("c", 43) + `","code_challenge_method":"s256"}`},
	{"magiclink", "magiclink", `{"email":"WHO","create_user":false}`},
	{"recover", "recover", `{"email":"WHO"}`},
	{"recover with PKCE", "recover", `{"email":"WHO","code_challenge":"` + strings.Repeat("c", 43) + `","code_challenge_method":"s256"}`},
	{"resend", "resend", `{"type":"signup","email":"WHO"}`},
	{"resend of a change", "resend", `{"type":"email_change","email":"WHO"}`},
	{"verify", "verify", `{"type":"recovery","email":"WHO","token":"000000"}`},
	{"verify by e-mail", "verify", `{"type":"email","email":"WHO","token":"000000"}`},
}

// The answer for an address with an account and for one without are the same but for ids and instants, and take the same work: as
// many hashes, transactions and steps of each kind.
func TestNoAnswerTellsWhetherAnAddressHasAnAccount(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "known@example.org")
		s.post("signup", map[string]string{"email": "begun@example.org", "password": secret}).want(t, 200)
		for _, a := range asked {
			t.Run(a.name, func(t *testing.T) {
				ask := func(who string) (string, work) {
					s.clock.advance(hour) // nobody has to wait
					r, w := s.measured("POST", a.path, strings.ReplaceAll(a.body, "WHO", who))
					if r.Code >= 500 || r.Code == 404 || r.Code == 429 {
						t.Fatalf("%s: %d %s", r.of, r.Code, r.Body)
					}
					return faceless(r, who), w
				}
				unknown, costs := ask(strings.ToLower(strings.ReplaceAll(a.name, " ", "-")) + "-nobody@example.org")
				for _, who := range []string{"known@example.org", "begun@example.org"} {
					text, w := ask(who)
					if text != unknown {
						t.Errorf("%s:\n%s\nand nobody:\n%s", who, text, unknown)
					}
					if got, want := total(w), total(costs); who == "known@example.org" && !slices.Equal(got, want) || !nearly(got, want) {
						t.Errorf("%s takes %v\n%v\nand nobody %v\n%v", who, got, w.steps, want, costs.steps)
					}
				}
			})
		}
	})
}

// total are the numbers of hashes, transactions, reads and writes.
func total(w work) []int {
	k := w.kinds()
	return []int{k["hash"], k["write"], k["read"], k["add"], k["change"], k["remove"]}
}

// nearly are totals whose hashes and transactions are as many, and all steps together nearly: one that began to sign up and has not
// proved the address is told apart by fewer steps than the time of one varies.
func nearly(a, b []int) bool {
	sum := func(n []int) (s int) {
		for _, v := range n[2:] {
			s += v
		}
		return s
	}
	d := sum(a) - sum(b)
	return a[0] == b[0] && a[1] == b[1] && d >= -2 && d <= 2
}

// What a repeated sign-up answers is made up each time: not even the same address gives the same id twice.
func TestARepeatedSignUpTellsNothingByItsID(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "known@example.org")
		for _, who := range []string{"known@example.org", "free@example.org"} {
			seen := []string{p.id}
			for range 3 {
				s.clock.advance(hour)
				id := s.post("signup", map[string]string{"email": who, "password": secret}).want(t, 200).field("id")
				if slices.Contains(seen, id) {
					t.Errorf("%s: %s is answered twice", who, id)
				}
				seen = append(seen, id)
			}
		}
		s.signIn(t, "known@example.org")
	})
}

// The owner of an address learns that somebody tried to open an account with it, in the language of the account, and nothing in that
// message is a secret or a link.
func TestTheOwnerOfAnAddressIsToldOfASignUpWithIt(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.post("signup", map[string]any{"email": "ada@example.org", "password": secret, "data": map[string]string{"locale": "fr"}}).want(t, 200)
		s.post("verify", map[string]string{"type": "signup", "email": "ada@example.org", "token": code(t, s.mail("ada@example.org"))}).want(t, 200)
		s.clock.advance(hour)
		s.post("signup", map[string]string{"email": "ADA@example.org", "password": "another one entirely"}).want(t, 200, `{"access_token":null}`)
		m := s.mail("ada@example.org")
		if m.Subject() != "Vous avez déjà un compte sur app" {
			t.Errorf("%s\n%s", m.Subject(), m.Text())
		}
		if links.MatchString(m.Text()) || sixDigits.MatchString(m.Text()) {
			t.Errorf("there is a secret or a link in\n%s", m.Text())
		}
		s.post("token?grant_type=password", map[string]string{"email": "ada@example.org", "password": "another one entirely"}).refused(t, 400, "email_not_confirmed")
		s.signIn(t, "ada@example.org")
	})
}
