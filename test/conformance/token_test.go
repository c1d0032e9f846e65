package conformance

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/socle-hq/socle/internal/auth"
)

// roles are the roles of the cases' tokens.
var roles = map[string]string{"postgrest_test_author": "authenticated", "postgrest_test_anonymous": "anon"}

// someone is the subject of tokens that have none which is a uuid.
const someone = "0190f3a1-7c5e-7000-8000-000000000001"

// credentials replaces the case's token, signed with a secret of its own, by one of the host's with the same claims. Where the
// case is about that secret, the token is left as it is.
func (c *testCase) credentials(in *http.Request, h host) error {
	for setting := range c.Config {
		if strings.HasPrefix(setting, "jwt-secret") {
			return nil
		}
	}
	var claims map[string]any
	if c.Request.JWT != nil {
		claims = c.Request.JWT.Payload
	} else if _, token, bearer := strings.Cut(in.Header.Get("Authorization"), " "); bearer {
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			return nil // to be refused as it is
		}
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(payload, &claims); err != nil {
			return err
		}
	} else {
		return nil
	}
	token, err := sign(h, transposed(claims, c.Config["jwt-aud"]))
	if err != nil {
		return err
	}
	scheme, _, sent := strings.Cut(in.Header.Get("Authorization"), " ")
	if !sent {
		scheme = "Bearer"
	}
	in.Header.Set("Authorization", scheme+" "+token)
	return nil
}

// transposed are claims with what every token of the product has beside them; theirs is the audience that the case's server is.
func transposed(claims map[string]any, theirs any) map[string]any {
	out := map[string]any{"iss": auth.Issuer(""), "aud": auth.Audience, "exp": time.Now().Add(time.Hour).Unix()}
	for name, v := range claims {
		out[name] = v
	}
	out["iss"] = auth.Issuer("")
	if sub, _ := out["sub"].(string); len(sub) != len(someone) {
		out["sub"] = someone
	}
	if role, ok := out["role"].(string); ok && roles[role] != "" {
		out["role"] = roles[role]
	}
	out["aud"] = audience(out["aud"], theirs)
	return out
}

func audience(v, theirs any) any {
	switch v := v.(type) {
	case string:
		if v == theirs {
			return auth.Audience
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = audience(v[i], theirs)
		}
		return out
	}
	return v
}

func sign(h host, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(h.signing())
	if err != nil {
		return "", err
	}
	var set struct{ Signing []json.RawMessage }
	if err := json.Unmarshal(raw, &set); err != nil {
		return "", err
	}
	if len(set.Signing) == 0 {
		return "", errors.New("the key set signs nothing")
	}
	private, err := jwk.ParseKey(set.Signing[0])
	if err != nil {
		return "", err
	}
	token, err := jws.Sign(payload, jws.WithKey(jwa.ES256(), private))
	return string(token), err
}
