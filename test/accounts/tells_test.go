package accounts_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// move is one thing that a stranger does with an address.
type move struct{ name, path, body string }

// moves are what a stranger can do with an address and two passwords; WHO stands for it.
func moves(handle string) []move {
	out := []move{
		{"sign-up", "signup", `{"HANDLE":"WHO","password":"a first password"}`},
		{"sign-up with another password", "signup", `{"HANDLE":"WHO","password":"a second password","data":{"name":"x"}}`},
		{"sign-in", "token?grant_type=password", `{"HANDLE":"WHO","password":"a first password"}`},
		{"sign-in with the other password", "token?grant_type=password", `{"HANDLE":"WHO","password":"a second password"}`},
		{"sign-in with a wrong password", "token?grant_type=password", `{"HANDLE":"WHO","password":"a third password"}`},
		{"otp", "otp", `{"HANDLE":"WHO"}`},
		{"otp of an account alone", "otp", `{"HANDLE":"WHO","create_user":false}`},
	}
	if handle == "phone" {
		return append(out, move{"resend", "resend", `{"type":"sms","phone":"WHO"}`}, move{"wrong code", "verify", `{"type":"sms","phone":"WHO","token":"000000"}`})
	}
	return append(out, move{"sign-up with PKCE", "signup", `{"email":"WHO","password":"a first password","code_challenge":"` + strings.Repeat("c", 43) + `","code_challenge_method":"s256"}`},
		move{"magic link", "magiclink", `{"email":"WHO"}`}, move{"recover", "recover", `{"email":"WHO"}`}, move{"resend", "resend", `{"type":"signup","email":"WHO"}`},
		move{"wrong code", "verify", `{"type":"signup","email":"WHO","token":"000000"}`}, move{"wrong code of a link", "verify", `{"type":"email","email":"WHO","token":"000000"}`},
		move{"wrong code of a recovery", "verify", `{"type":"recovery","email":"WHO","token":"000000"}`})
}

// indistinct makes random moves with several addresses at each step, and fails where one is answered unlike the others. It gives how
// often each move was answered with what, for no test should pass by asking for nothing.
func (s *site) indistinct(t *testing.T, handle string, rng *rand.Rand, steps int, addresses ...string) map[string]int {
	t.Helper()
	all, seen := moves(handle), map[string]int{}
	var story []string
	for range steps {
		m := all[rng.IntN(len(all))]
		pause := []time.Duration{0, time.Second, time.Minute, 2 * time.Hour, 40 * 24 * time.Hour}[rng.IntN(5)]
		s.clock.advance(pause)
		story = append(story, fmt.Sprintf("after %s: %s", pause, m.name))
		var first string
		for i, who := range addresses {
			r := s.at("192.0.2.7").post(m.path, strings.NewReplacer("HANDLE", handle, "WHO", who).Replace(m.body))
			if r.Code >= 500 {
				t.Fatalf("%s: %d %s", r.of, r.Code, r.Body)
			}
			if text := fmt.Sprintf("%d %s", r.Code, faceless(r, who)); i == 0 {
				first = text
				seen[m.name+" "+r.field("code")]++
			} else if text != first {
				t.Fatalf("%s is answered\n%s\nand %s\n%s\nby\n%s", who, text, addresses[0], first, strings.Join(story, "\n"))
			}
		}
	}
	return seen
}

// A stranger who does the same with an address that has an account, with one that somebody has begun to sign up with, and with one that
// nobody has used, hears the same at each step.
func TestWhateverAStrangerDoesTellsNoTakenAddressFromAFreeOne(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { redirects: [ https://site.test ], limits: { sign_in: 60000, send: 60000 } }\n"}, func(t *testing.T, s *site) {
		seen := map[string]int{}
		for round := range 3 {
			taken, begun, free := fmt.Sprintf("taken%d@example.org", round), fmt.Sprintf("begun%d@example.org", round), fmt.Sprintf("free%d@example.org", round)
			s.person(t, taken)
			s.post("signup", map[string]string{"email": begun, "password": secret}).want(t, 200)
			s.clock.advance(time.Hour)
			for what, n := range s.indistinct(t, "email", rand.New(rand.NewPCG(uint64(round), 6)), 25, free, taken, begun) {
				seen[what] += n
			}
			s.signIn(t, taken)
		}
		for _, what := range []string{"sign-up ", "sign-in email_not_confirmed", "sign-in with the other password email_not_confirmed",
			"sign-in with a wrong password invalid_credentials", "wrong code otp_expired", "resend "} {
			if seen[what] == 0 {
				t.Errorf("%q never happened: %v", what, seen)
			}
		}
	})
}

func TestWhateverAStrangerDoesTellsNoTakenNumberFromAFreeOne(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			project, texts := carrier(t)
			go func() { // whoever sends waits until somebody looks
				for {
					select {
					case <-texts:
					case <-t.Context().Done():
						return
					}
				}
			}()
			s := on(t, engine, project)
			seen := map[string]int{}
			for round := range 2 {
				taken, begun, free := fmt.Sprintf("4917000000%d1", round), fmt.Sprintf("4917000000%d2", round), fmt.Sprintf("4917000000%d3", round)
				s.admin().post("admin/users", map[string]any{"phone": taken, "phone_confirm": true, "password": secret}).want(t, 200)
				s.post("signup", map[string]string{"phone": begun, "password": secret}).want(t, 200)
				s.clock.advance(time.Hour)
				for what, n := range s.indistinct(t, "phone", rand.New(rand.NewPCG(uint64(round), 6)), 20, free, taken, begun) {
					seen[what] += n
				}
				s.post("token?grant_type=password", map[string]string{"phone": taken, "password": secret}).want(t, 200)
			}
			for _, what := range []string{"sign-up ", "sign-in phone_not_confirmed", "sign-in invalid_credentials", "wrong code otp_expired"} {
				if seen[what] == 0 {
					t.Errorf("%q never happened: %v", what, seen)
				}
			}
		})
	}
}

// A sign-in that is refused takes the same work whoever's address it is, and whether the password is one of a sign-up or wrong.
func TestARefusedSignInTakesTheSameWorkWhateverIsWrong(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "taken@example.org")
		for _, who := range []string{"taken", "free", "passwordless"} {
			if who == "passwordless" {
				s.post("signup", map[string]string{"email": who + "@example.org", "password": secret}).want(t, 200)
			}
			s.post("signup", map[string]string{"email": who + "@example.org", "password": others}).want(t, 200)
		}
		costs := ""
		for _, c := range []struct{ who, password, code string }{
			{"taken", others, "email_not_confirmed"}, {"taken", "wrong horse battery", "invalid_credentials"},
			{"free", others, "email_not_confirmed"}, {"free", "wrong horse battery", "invalid_credentials"},
			{"passwordless", others, "email_not_confirmed"}, {"passwordless", secret, "invalid_credentials"},
			{"nobody", others, "invalid_credentials"},
		} {
			r, w := s.measured("POST", "token?grant_type=password", fmt.Sprintf(`{"email":"%s@example.org","password":%q}`, c.who, c.password))
			r.refused(t, 400, c.code)
			got := fmt.Sprint(w.hashes, w.steps)
			if costs == "" {
				costs = got
			}
			if got != costs || w.hashes != 2 {
				t.Errorf("%s with %s takes %s, not %s", c.who, c.code, got, costs)
			}
		}
	})
}

// Once the address is proved, what was signed up with before is as wrong as any other password.
func TestAProofEndsWhatSignUpsBeforeItWereTold(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		for _, p := range []string{secret, others} {
			s.post("signup", map[string]string{"email": "ada@example.org", "password": p}).want(t, 200)
		}
		s.sign("ada@example.org", others).refused(t, 400, "email_not_confirmed")
		id := s.admin().get("admin/users").field("users.0.id")
		s.admin().put("admin/users/"+id, `{"email_confirm":true}`).want(t, 200)
		s.sign("ada@example.org", others).refused(t, 400, "invalid_credentials")
		s.clock.advance(time.Hour)
		s.post("signup", map[string]string{"email": "ada@example.org", "password": others}).want(t, 200)
		s.sign("ada@example.org", others).refused(t, 400, "email_not_confirmed")
	})
}

// Who signed up with an address that has an account, and asks for the message again, gets the one again that says so.
func TestTheMessageOfASignUpWithATakenAddressIsSentAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		again := func() { s.post("resend", `{"type":"signup","email":"ada@example.org"}`).want(t, 200, `{}`) }
		again() // nothing was sent
		s.clock.advance(time.Hour)
		s.post("signup", map[string]string{"email": "ada@example.org", "password": others}).want(t, 200)
		first := s.mail("ada@example.org")
		s.clock.advance(time.Hour)
		again()
		if second := s.mail("ada@example.org"); second.Subject() != "You already have an account at app" || second.Text() != first.Text() {
			t.Errorf("%s\n%s\n%s", second.Subject(), second.Text(), first.Text())
		}
	})
}

func TestPeopleWhoSignUpWithOneAddressAtOnceAreAllAnswered(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "taken@example.org")
		for _, who := range []string{"taken@example.org", "free@example.org"} {
			if got := crowded(3, func(n int) reply {
				return s.post("signup", map[string]string{"email": who, "password": fmt.Sprint("a password of number ", n)})
			}); got[200] != 3 {
				t.Errorf("%s: %v", who, got)
			}
		}
		s.signIn(t, "taken@example.org")
	})
}
