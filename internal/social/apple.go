package social

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

const (
	pemBegin  = "-----BEGIN"
	secretFor = 5 * time.Minute
)

// readSigner takes the private key out of the settings. A secret that is no PEM is a signed one, made elsewhere.
func (p *Provider) readSigner() error {
	text := strings.TrimSpace(strings.ReplaceAll(p.secret, `\n`, "\n")) // environments often cannot hold lines
	if !strings.HasPrefix(text, pemBegin) {
		return nil
	}
	if p.settings.TeamID == "" || p.settings.KeyID == "" {
		return errors.New("client_secret is a key: add team_id and key_id")
	}
	k, err := jwk.ParseKey([]byte(text), jwk.WithPEM(true))
	if err != nil {
		return errors.New("client_secret: the key cannot be read; it should be the .p8 file as it was downloaded")
	}
	if ec, ok := k.(jwk.ECDSAPrivateKey); !ok {
		return errors.New("client_secret: the key is not a private key of P-256")
	} else if curve, _ := ec.Crv(); curve != jwa.P256() {
		return errors.New("client_secret: the key is not a private key of P-256")
	}
	p.signer, p.secret = k, ""
	return nil
}

// clientSecret is how we show who we are: what the settings say, or a statement that is signed anew each time.
func (p *Provider) clientSecret() (string, error) {
	if p.signer == nil {
		return p.secret, nil
	}
	now := p.clock.Now()
	payload, err := json.Marshal(map[string]any{"iss": p.settings.TeamID, "sub": p.ids[0], "aud": p.issuer,
		"iat": now.Unix(), "exp": now.Add(secretFor).Unix()})
	if err != nil {
		return "", err
	}
	header := jws.NewHeaders()
	if err := header.Set(jws.KeyIDKey, p.settings.KeyID); err != nil {
		return "", err
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.ES256(), p.signer, jws.WithProtectedHeaders(header)))
	if err != nil {
		return "", errors.New("social: the client secret cannot be signed")
	}
	return string(signed), nil
}

// appleName takes the user's name from the form, which Apple sends at the first sign-in only. The browser could have changed it:
// the address beside it is left alone.
func appleName(c claims, form url.Values) {
	var user struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if len(form.Get("user")) > longestText || json.Unmarshal([]byte(form.Get("user")), &user) != nil {
		return
	}
	if name := strings.TrimSpace(user.Name.First + " " + user.Name.Last); name != "" {
		c["name"], c["given_name"], c["family_name"] = name, user.Name.First, user.Name.Last
	}
}
