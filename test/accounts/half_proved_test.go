package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestASignUpDoesNotGetIntoAnAccountThatIsProvedByItsOtherAddress(t *testing.T) {
	t.Parallel()
	reachable(t, func(t *testing.T, s *site, texts <-chan text) {
		theirs, other := "a password of the owner", "a password of somebody else"
		s.admin().post("admin/users", map[string]any{"email": "ada@example.org", "email_confirm": true, "phone": "491701234567", "password": theirs}).want(t, 200)
		s.admin().post("admin/users", map[string]any{"email": "bob@example.org", "phone": "491709999999", "phone_confirm": true, "password": theirs}).want(t, 200)

		s.post("signup", map[string]any{"phone": "+491701234567", "password": other, "data": map[string]any{"name": "Eve"}}).want(t, 200, `{"phone":"491701234567"}`)
		s.post("signup", map[string]any{"email": "bob@example.org", "password": other, "data": map[string]any{"name": "Eve"}}).want(t, 200, `{"email":"bob@example.org"}`)
		s.clock.advance(time.Hour)
		for _, who := range []map[string]string{{"email": "ada@example.org"}, {"phone": "491709999999"}} {
			try := func(password string) reply {
				return s.post("token?grant_type=password", map[string]string{"email": who["email"], "phone": who["phone"], "password": password})
			}
			try(other).refused(t, 400, "invalid_credentials")
			try(theirs).want(t, 200, `{"user":{"user_metadata":{"name":null}}}`)
		}
		select {
		case x := <-texts:
			t.Errorf("somebody got %+v", x)
		default:
		}
	})
}

func TestAGeneratedSignUpForgetsTheIdentityThatSomebodyElseHasLeft(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("eve", "ada@example.org", false))
		s.browser(i).signIn("provider=acme").refused(t, "provider_email_needs_verification")
		link := s.admin().post("admin/generate_link", `{"type":"signup","email":"ada@example.org","password":"a password of the owner"}`).want(t, 200)
		r := s.post("verify", fmt.Sprintf(`{"type":"signup","token_hash":%q}`, link.field("hashed_token"))).want(t, 200)
		s.browser(i).signIn("provider=acme").refused(t, "provider_email_needs_verification")
		s.as(r.field("access_token")).get("user").want(t, 200, `{"identities":[{"provider":"email"}]}`)
	})
}

func TestAPasswordOfAnAdministratorsEndsASignInThatIsUnderWay(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("ada", "ada@example.org", true))
		ada := s.browser(i).signIn("provider=acme").in(t, s)
		code := s.browser(i).signIn("provider=acme" + pkce(verifier)).query.Get("code")
		s.admin().put("admin/users/"+ada.id, `{"password":"a password of the owner"}`).want(t, 200)
		s.exchange(code, verifier).refused(t, 404, "flow_state_not_found")
	})
}
