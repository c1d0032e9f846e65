package accounts_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// text is what a webhook got.
type text struct{ To, Message, Code, Kind string }

// carrier is a webhook that keeps what it gets, if it is signed.
func carrier(t *testing.T) (project files, texts <-chan text) {
	t.Helper()
	got := make(chan text, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, signature, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Socle-Signature"), "t="), ",v1=")
		m := hmac.New(sha256.New, []byte(environment["SMS_SECRET"]))
		fmt.Fprintf(m, "%s.%s", at, body)
		var x text
		if signature != hex.EncodeToString(m.Sum(nil)) || json.Unmarshal(body, &x) != nil {
			t.Errorf("it got %q, signed %q", body, r.Header.Get("X-Socle-Signature"))
		}
		got <- x
	}))
	t.Cleanup(hook.Close)
	return files{"socle.yaml": "auth: { sms: { webhook: \"" + hook.URL + "/send?x=1\", secret: \"${SMS_SECRET}\" }, redirects: [ https://site.test ] }\n"}, got
}

func (x text) is(t *testing.T, to, kind string) string {
	t.Helper()
	if x.To != to || x.Kind != kind || len(x.Code) != 6 || !strings.Contains(x.Message, x.Code) {
		t.Fatalf("got %+v", x)
	}
	return x.Code
}

// reachable runs a test on both engines, of a project whose texts it gets.
func reachable(t *testing.T, test func(t *testing.T, s *site, texts <-chan text)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			project, texts := carrier(t)
			test(t, on(t, engine, project), texts)
		})
	}
}

func TestAPhoneIsProvedByACodeAndChangesByAnother(t *testing.T) {
	t.Parallel()
	reachable(t, func(t *testing.T, s *site, texts <-chan text) {
		s.post("signup", map[string]string{"phone": "+49 170 1234567", "password": secret}).want(t, 200, `{"phone":"491701234567","access_token":null}`)
		c := (<-texts).is(t, "+491701234567", "signup")
		s.post("token?grant_type=password", map[string]string{"phone": "491701234567", "password": secret}).refused(t, 400, "phone_not_confirmed")
		proof := map[string]string{"type": "sms", "phone": "+491701234567", "token": c}
		p := s.signedIn("", s.post("verify", proof).want(t, 200, `{"user":{"phone":"491701234567","app_metadata":{"provider":"phone"}}}`))
		s.post("verify", proof).refused(t, 403, "otp_expired")
		s.post("token?grant_type=password", map[string]string{"phone": "491701234567", "password": secret}).want(t, 200)
		p.me().put("user", map[string]string{"phone": "+33612345678"}).want(t, 200, `{"phone":"491701234567","new_phone":"33612345678"}`)
		c = (<-texts).is(t, "+33612345678", "phone_change")
		s.post("verify", map[string]string{"type": "phone_change", "phone": "33612345678", "token": c}).want(t, 200, `{"user":{"phone":"33612345678","new_phone":null}}`)
		s.clock.advance(time.Hour)
		s.post("otp", map[string]any{"phone": "+49 170 1234567", "create_user": false}).want(t, 200, `{}`)
		s.post("otp", map[string]any{"phone": "+33 6 12 34 56 78"}).want(t, 200, `{}`)
		c = (<-texts).is(t, "+33612345678", "sign_in")
		s.clock.advance(11 * time.Minute)
		s.post("verify", map[string]string{"type": "sms", "phone": "33612345678", "token": c}).refused(t, 403, "otp_expired")
	})
}

func TestWithoutAWebhookThereAreNoPhones(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "ada@example.org")
		s.post("signup", map[string]string{"phone": "+491701234567", "password": secret}).refused(t, 400, "phone_provider_disabled")
		s.post("otp", map[string]string{"phone": "+491701234567"}).refused(t, 400, "phone_provider_disabled")
		s.post("resend", map[string]string{"phone": "+491701234567", "type": "sms"}).refused(t, 400, "phone_provider_disabled")
		s.clock.advance(10 * time.Minute)
		p.me().put("user", map[string]string{"phone": "+491701234567"}).refused(t, 400, "phone_provider_disabled")
		s.get("settings").want(t, 200, `{"external":{"phone":false}}`)
	})
}
