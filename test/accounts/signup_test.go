package accounts_test

import (
	"strings"
	"testing"
)

func TestASignUpIsAnsweredWithTheBareAccountAndALinkByMail(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.post("signup", map[string]any{"email": "Ada@Example.org", "password": secret, "data": map[string]string{"name": "Ada"}}).
			want(t, 200, `{"email":"ada@example.org","role":"authenticated","user_metadata":{"name":"Ada"},"email_confirmed_at":null,"access_token":null}`)
		s.post("token?grant_type=password", map[string]string{"email": "ada@example.org", "password": secret}).refused(t, 400, "email_not_confirmed")
		if path := s.pathOf(s.mail("ada@example.org")); !strings.HasPrefix(path, "/auth/v1/verify?") {
			t.Error(path)
		}
	})
}

// TestWhoForgetsTheKeyIsToldWhichAndWhere: those who read only the message as well.
func TestWhoForgetsTheKeyIsToldWhichAndWhere(t *testing.T) {
	t.Parallel()
	s := open(t, nil, "")
	r := s.post("signup", map[string]string{"email": "ada@example.org", "password": secret}, "Apikey", "")
	if r.refused(t, 401, "no_authorization"); !strings.Contains(r.Body.String(), "publishable key in the apikey header") {
		t.Errorf("the answer is %s", r.Body)
	}
}
