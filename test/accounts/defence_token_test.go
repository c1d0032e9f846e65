package accounts_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func segment(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// forged are tokens that claim to be somebody's; each has something of a real one.
func (s *site) forged(t *testing.T, real string) map[string]string {
	t.Helper()
	parts := strings.Split(real, ".")
	jwks := s.get(".well-known/jwks.json").want(t, 200)
	kid := jwks.field("keys.0.kid")
	hs := func(key []byte, header map[string]any) string {
		head := segment(header) + "." + parts[1]
		m := hmac.New(sha256.New, key)
		m.Write([]byte(head))
		return head + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	return map[string]string{
		"alg none":                   segment(map[string]any{"alg": "none", "typ": "JWT", "kid": kid}) + "." + parts[1] + ".",
		"alg None":                   segment(map[string]any{"alg": "None", "kid": kid}) + "." + parts[1] + ".",
		"alg none, signed":           segment(map[string]any{"alg": "none", "kid": kid}) + "." + parts[1] + "." + parts[2],
		"HMAC with the published":    hs(jwks.Body.Bytes(), map[string]any{"alg": "HS256", "kid": kid}),
		"HMAC with nothing":          hs(nil, map[string]any{"alg": "HS256", "kid": kid}),
		"HMAC with the anon key":     hs([]byte(s.Keys.Publishable), map[string]any{"alg": "HS256", "kid": kid}),
		"HMAC without kid":           hs(jwks.Body.Bytes(), map[string]any{"alg": "HS256"}),
		"another algorithm":          segment(map[string]any{"alg": "ES384", "kid": kid}) + "." + parts[1] + "." + parts[2],
		"kid of a path":              segment(map[string]any{"alg": "ES256", "kid": "../../../../dev/null"}) + "." + parts[1] + "." + parts[2],
		"kid of SQL":                 segment(map[string]any{"alg": "ES256", "kid": "x' UNION SELECT 'k"}) + "." + parts[1] + "." + parts[2],
		"kid that is no text":        segment(map[string]any{"alg": "ES256", "kid": []int{1}}) + "." + parts[1] + "." + parts[2],
		"a key of its own":           segment(map[string]any{"alg": "ES256", "jwk": map[string]string{"kty": "EC"}}) + "." + parts[1] + "." + parts[2],
		"keys from elsewhere":        segment(map[string]any{"alg": "ES256", "jku": "http://127.0.0.1:1/keys"}) + "." + parts[1] + "." + parts[2],
		"critical":                   segment(map[string]any{"alg": "ES256", "kid": kid, "crit": []string{"x"}, "x": 1}) + "." + parts[1] + "." + parts[2],
		"another's claims":           parts[0] + "." + segment(map[string]any{"sub": "00000000-0000-0000-0000-000000000001", "role": "service_role"}) + "." + parts[2],
		"no signature":               parts[0] + "." + parts[1] + ".",
		"two segments":               parts[0] + "." + parts[1],
		"four segments":              real + "." + parts[2],
		"padded":                     real + "==",
		"longer than any":            real + strings.Repeat("A", 9<<10),
		"a giant header":             segment(map[string]any{"alg": "ES256", "kid": strings.Repeat("k", 100<<10)}) + "." + parts[1] + "." + parts[2],
		"deep claims":                parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("[", 3000))) + "." + parts[2],
		"nothing but dots":           "..",
		"bytes that are no text":     "\x80\x81.\xff.\xfe",
		"the secret key, all but it": s.Keys.Secret[:len(s.Keys.Secret)-1],
	}
}

func TestAForgedTokenIsRefusedAtEveryDoor(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		p.me().get("user").want(t, 200)
		p.me().get("/rest/v1/notes").want(t, 200, `[]`)
		for name, token := range s.forged(t, p.access) {
			for _, path := range []string{"user", "/rest/v1/notes", "/rest/v1/", "admin/users", "factors/recovery-codes"} {
				r := s.as(token).get(path)
				if want := map[bool]int{true: 401, false: 403}[strings.HasPrefix(path, "/rest")]; r.Code != want && !(r.Code == 401 && r.Code < 500) {
					t.Errorf("%s at %s: %d %s", name, path, r.Code, r.Body)
				}
				if len(r.Body.Bytes()) > 2000 || len(token) > 20 && strings.Contains(r.Body.String(), token) {
					t.Errorf("%s at %s is echoed: %.300s", name, path, r.Body)
				}
			}
		}
		p.me().get("user").want(t, 200)
	})
}

// Metadata that would make a token too long to be read are refused where they are set; the largest that are taken sign in.
func TestMetadataNeverMakeATokenThatIsTooLong(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		full := func(n int) map[string]any { return map[string]any{"x": strings.Repeat("<", n/6)} } // six bytes each, as JSON for HTML has it
		p := s.newcomer(t, strings.Repeat("a", 60)+"@example.org")
		for _, n := range []int{3 << 10, 4 << 10, 20 << 10, 60 << 10} {
			if r := s.post("signup", map[string]any{"email": fmt.Sprint(n, "@example.org"), "password": secret, "data": full(n)}); r.Code/100 != 4 {
				t.Errorf("sign-up with %d bytes: %d", n, r.Code)
			}
			if r := p.me().put("user", map[string]any{"data": full(n)}); r.Code/100 != 4 {
				t.Errorf("update with %d bytes: %d %.200s", n, r.Code, r.Body)
			}
			if r := s.admin().put("admin/users/"+p.id, map[string]any{"app_metadata": full(n)}); r.Code/100 != 4 {
				t.Errorf("by an administrator, %d bytes: %d %.200s", n, r.Code, r.Body)
			}
		}
		p.me().put("user", map[string]any{"data": full(3<<10 - 20)}).want(t, 200)
		s.admin().put("admin/users/"+p.id, map[string]any{"app_metadata": full(1500)}).want(t, 200)
		again := s.signIn(t, p.email)
		if len(again.access) > 8<<10 {
			t.Errorf("the token has %d bytes", len(again.access))
		}
		again.me().get("user").want(t, 200)
		again.me().get("/rest/v1/notes").want(t, 200)
	})
}

// What a client sends beside what it may say changes nothing.
func TestNobodyGivesThemselvesMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"collections/notes.yaml": privateNotes}, func(t *testing.T, s *site) {
		extra := `"role":"service_role","aud":"x","app_metadata":{"admin":true},"email_confirm":true,"email_confirmed_at":"2020-01-01T00:00:00Z",
			"confirmed_at":"2020-01-01T00:00:00Z","phone_confirm":true,"is_anonymous":false,"is_super_admin":true,"id":"00000000-0000-0000-0000-000000000001",
			"banned_until":null,"identities":[{"provider":"google","id":"1"}],"factors":[{"status":"verified"}],"aal":"aal2","user_metadata":{"a":1},"password_hash":"x"`
		s.post("signup", `{"email":"eve@example.org","password":"`+secret+`",`+extra+`}`).
			want(t, 200, `{"role":"authenticated","aud":"authenticated","email_confirmed_at":null,"confirmed_at":null,"access_token":null}`)
		s.post("token?grant_type=password", map[string]string{"email": "eve@example.org", "password": secret}).refused(t, 400, "email_not_confirmed")
		p := s.person(t, "ada@example.org")
		p.me().put("user", `{"data":{"role":"service_role"},`+extra+`}`).want(t, 200)
		r := s.signIn(t, "ada@example.org").me().get("user").want(t, 200, `{"role":"authenticated","aud":"authenticated","email":"ada@example.org"}`)
		if r.field("id") != p.id || r.field("app_metadata.admin") != "" || r.field("factors.0") != "" || r.field("identities.1") != "" {
			t.Error(r.Body)
		}
		var claims map[string]any
		raw, _ := base64.RawURLEncoding.DecodeString(strings.Split(s.signIn(t, "ada@example.org").access, ".")[1])
		if err := json.Unmarshal(raw, &claims); err != nil || claims["role"] != "authenticated" || claims["aal"] != "aal1" {
			t.Errorf("%v %s", err, raw)
		}
	})
}
