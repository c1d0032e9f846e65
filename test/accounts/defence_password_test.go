package accounts_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/socle-hq/socle/internal/password"
)

func TestAPasswordThatCannotBeOneIsRefusedAndNothingBreaks(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		for name, c := range map[string]struct {
			text   string // JSON
			status int
			code   string
		}{
			"empty":         {`""`, 400, "validation_failed"},
			"short":         {`"abc1234"`, 422, "weak_password"},
			"1025 bytes":    {`"` + strings.Repeat("p", 1025) + `"`, 422, "weak_password"},
			"60,000 bytes":  {`"` + strings.Repeat("p", 60_000) + `"`, 422, "weak_password"},
			"NUL":           {`"correct\u0000horse battery"`, 400, "bad_json"},
			"no UTF-8":      {"\"correct \xff\xfe battery\"", 400, "bad_json"},
			"a number":      {`12345678901`, 400, "bad_json"},
			"a list":        {`["correct horse battery"]`, 400, "bad_json"},
			"a lone escape": {`"correct \ud800 battery"`, 400, "bad_json"},
		} {
			s.post("signup", `{"email":"new@example.org","password":`+c.text+`}`).refused(t, c.status, c.code)
			if r := s.post("token?grant_type=password", `{"email":"ada@example.org","password":`+c.text+`}`); r.Code != 400 {
				t.Errorf("%s, at sign-in: %d %s", name, r.Code, r.Body)
			}
			if r := p.me().put("user", `{"password":`+c.text+`}`); name != "empty" && r.Code/100 != 4 {
				t.Errorf("%s, at a change: %d %s", name, r.Code, r.Body)
			}
			s.clock.advance(hour / 2)
			p.access = s.signIn(t, p.email).access
		}
		long := strings.Repeat("é", 500)
		s.post("signup", map[string]string{"email": "long@example.org", "password": long}).want(t, 200)
		s.post("token?grant_type=password", map[string]string{"email": "long@example.org", "password": long}).want(t, 200)
		s.post("token?grant_type=password", map[string]string{"email": "long@example.org", "password": long[:len(long)-2]}).refused(t, 400, "invalid_credentials")
	})
}

func TestABreachedPasswordIsRefused(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(list, []byte("correct horse battery\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	everywhere(t, files{"socle.yaml": "auth: { confirm_email: false, password: { breach_list: \"" + list + "\" } }\n"}, func(t *testing.T, s *site) {
		s.post("signup", map[string]string{"email": "a@example.org", "password": secret}).refused(t, 422, "weak_password")
		s.post("signup", map[string]string{"email": "a@example.org", "password": secret + "!"}).want(t, 200)
	})
}

// Of a hundred wrong passwords for one account at once no more than allowed are compared: few from one network address, and ten
// times as many from all together.
func TestAHundredGuessesAtOnceAreNotAHundredGuesses(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { confirm_email: false, limits: { account: 1 } }\n"}, func(t *testing.T, s *site) {
		for who, most := range map[string]int64{"ada@example.org": 4, "nobody@example.org": 4, "ada@everywhere.example": 25, "nobody@everywhere.example": 25} {
			if strings.HasPrefix(who, "ada@") {
				s.newcomer(t, who)
			}
			var compared atomic.Int64
			one := address(s.asked.Add(1))
			codes := make([]int, 100)
			together(len(codes), func(i int) {
				r := httptest.NewRequest("POST", "/auth/v1/token?grant_type=password", strings.NewReader(`{"email":"`+strings.ToUpper(who)+`","password":"a wrong guess"}`))
				if r.RemoteAddr = one; strings.HasSuffix(who, "@everywhere.example") {
					r.RemoteAddr = address(s.asked.Add(1))
				}
				r.Header.Set("Apikey", s.Keys.Publishable)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r.WithContext(password.Counted(r.Context(), &compared)))
				if codes[i] = w.Code; w.Code == 429 && w.Header().Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			})
			// A guess is compared twice: with the account's password, and with what a stranger may have signed up with.
			if n := compared.Load(); n < 2 || n > 2*most || n%2 != 0 {
				t.Errorf("%d comparisons for 100 guesses for %s, of which %d at most may be compared", n, who, most)
			}
			for _, c := range codes {
				if c != 400 && c != 429 {
					t.Errorf("a guess is answered with %d", c)
				}
			}
		}
	})
}

// A code survives few wrong guesses, however many come at once and from wherever, and other codes give no more than fifty tries.
func TestManyCodesAtOnceAreNotManyGuesses(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { limits: { account: 1000 } }\n"}, func(t *testing.T, s *site) {
		s.post("signup", map[string]string{"email": "ada@example.org", "password": secret}).want(t, 200)
		right := code(t, s.mail("ada@example.org"))
		together(40, func(i int) {
			wrong := fmt.Sprintf("%06d", i)
			if wrong == right {
				return
			}
			s.post("verify", map[string]string{"type": "signup", "email": "ada@example.org", "token": wrong}).refused(t, 403, "otp_expired")
		})
		s.post("verify", map[string]string{"type": "signup", "email": "ada@example.org", "token": right}).refused(t, 403, "otp_expired")
		s.post("resend", map[string]string{"type": "signup", "email": "ada@example.org"})
		together(10, func(int) {
			s.post("verify", map[string]string{"type": "signup", "email": "ada@example.org", "token": "none"})
		})
		s.post("verify", map[string]string{"type": "signup", "email": "ada@example.org", "token": right}).refused(t, 429, "over_request_rate_limit")
	})
}

// Of guesses that come in one instant each counts: a code is not good after eight of them.
func TestEachGuessOfOneInstantCounts(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { limits: { account: 1000 } }\n"}, func(t *testing.T, s *site) {
		for _, who := range []string{"ada@example.org", "bea@example.org", "cleo@example.org"} {
			s.post("signup", map[string]string{"email": who, "password": secret}).want(t, 200)
			right := code(t, s.mail(who))
			together(8, func(i int) {
				if wrong := fmt.Sprintf("%06d", i); wrong != right {
					s.post("verify", map[string]string{"type": "signup", "email": who, "token": wrong}).refused(t, 403, "otp_expired")
				}
			})
			s.post("verify", map[string]string{"type": "signup", "email": who, "token": right}).refused(t, 403, "otp_expired")
		}
	})
}

// Where more sign in at once than can wait for their turn, the others are told to come again; all who were let in are answered.
func TestAFullQueueSaysToComeAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		var turned, served atomic.Int64
		together(400, func(i int) {
			r := s.post("token?grant_type=password", map[string]string{"email": strings.Repeat("x", i%40+1) + string(rune('a'+i/40)) + "@example.org", "password": secret})
			switch r.Code {
			case 400:
				served.Add(1)
			case 429:
				turned.Add(1)
				if r.field("code") != "over_request_rate_limit" || r.Header().Get("Retry-After") == "" {
					t.Errorf("%v %s", r.Header(), r.Body)
				}
			default:
				t.Errorf("%d %s", r.Code, r.Body)
			}
		})
		if turned.Load() == 0 || served.Load() < 64 {
			t.Errorf("%d were served and %d turned away", served.Load(), turned.Load())
		}
	})
}

// An address is one account however it is written.
func TestAnAddressIsOneAccountHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		first := s.newcomer(t, "J\u00e9r\u00f4me@EXAMPLE.org")
		for _, same := range []string{"j\u00e9r\u00f4me@example.org", "je\u0301ro\u0302me@example.org", " J\u00c9R\u00d4ME@Example.ORG "} {
			s.clock.advance(hour)
			s.post("signup", map[string]string{"email": same, "password": secret}).refused(t, 422, "user_already_exists")
			if got := s.signIn(t, same); got.id != first.id {
				t.Errorf("%q is %s", same, got.id)
			}
		}
		for _, other := range []string{"jerome@example.org", "j\u00e9rome@example.org"} {
			if got := s.newcomer(t, other); got.id == first.id {
				t.Errorf("%q is the same account", other)
			}
		}
		for _, wrong := range []string{"a@b@c", "a\u0000@example.org", "a\u202e@example.org", "<a@example.org>", "a@exa mple.org", "a,b@example.org", "a@example.org\r\nBcc: x@example.org"} {
			if r := s.post("signup", map[string]string{"email": wrong, "password": secret}); r.Code != 400 {
				t.Errorf("%q: %d %s", wrong, r.Code, r.Body)
			}
		}
	})
}
