package accounts_test

import (
	"fmt"
	"testing"
)

// TestMailThatHangsHoldsUpNeitherOtherMailNorTexts: three messages hang at a server that does not answer.
func TestMailThatHangsHoldsUpNeitherOtherMailNorTexts(t *testing.T) {
	t.Parallel()
	reachable(t, func(t *testing.T, s *site, texts <-chan text) {
		s.smtp.Hang()
		signUp := func(email string) {
			s.post("signup", map[string]string{"email": email, "password": secret}).want(t, 200)
		}
		for i := range 3 {
			signUp(fmt.Sprintf("slow%d@example.org", i))
		}
		s.smtp.WaitHeld(t, 3)
		s.post("signup", map[string]string{"phone": "+491701234567", "password": secret}).want(t, 200)
		(<-texts).is(t, "+491701234567", "signup")
		s.smtp.Accept()
		signUp("fast@example.org")
		s.mail("fast@example.org")
	})
}

// TestMessagesToOneAddressLeaveInTheirOrder: some are due at once, and each is sent once.
func TestMessagesToOneAddressLeaveInTheirOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		const many = 12
		for i := range many {
			s.post("signup", map[string]string{"email": fmt.Sprintf("p%d@example.org", i), "password": secret}).want(t, 200)
		}
		for i := range many {
			s.mail(fmt.Sprintf("p%d@example.org", i))
		}
		s.person(t, "ada@example.org")
		if n := len(s.smtp.Received()); n != many+1 {
			t.Errorf("%d messages came, want %d", n, many+1)
		}
	})
}

// TestAnAppOfOnePlaceOfItsOwnSchemeGetsItsMail: links end in the app, and what mail programs follow is of the web.
func TestAnAppOfOnePlaceOfItsOwnSchemeGetsItsMail(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { redirects: [ \"team://in\" ] }\n"}, func(t *testing.T, s *site) {
		s.post("signup", map[string]string{"email": "ada@example.org", "password": secret}).want(t, 200)
		if at := s.follow(t, s.pathOf(s.mail("ada@example.org"))); at.place != "team://in" || at.fragment.Get("access_token") == "" {
			t.Errorf("the link ends at %s", at.place)
		}
	})
}
