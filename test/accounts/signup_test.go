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
