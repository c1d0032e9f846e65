package accounts_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestWhoeverIsBannedComesInByNoProvider(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		ann := s.browser(i).signIn("provider=acme").in(t, s)
		s.admin().put("admin/users/"+ann.id, map[string]string{"ban_duration": "24h"}).want(t, 200)
		s.browser(i).signIn("provider=acme").refused(t, "user_banned")
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, "user_banned")
		s.browser(i).signIn("provider=other").refused(t, "user_banned")
	})
}
