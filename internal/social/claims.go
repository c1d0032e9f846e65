package social

import (
	"crypto"
	_ "crypto/sha256" // the hashes of at_hash
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// leeway is how far clocks may be apart.
const leeway = 30 * time.Second

var errNoObject = errors.New("not one JSON object")

// claims are the members of a token or of a user's description. Numbers are json.Number.
type claims map[string]any

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// yes reads a boolean that some write as text; what is missing or something else is false.
func (c claims) yes(name string) bool {
	switch v := c[name].(type) {
	case bool:
		return v
	case string:
		return v == "true"
	}
	return false
}

// when reads a NumericDate (RFC 7519), in seconds since 1970.
func (c claims) when(name string) (at float64, given, ok bool) {
	v, given := c[name]
	n, ok := v.(json.Number)
	if !ok {
		return 0, given, !given
	}
	at, err := n.Float64()
	return at, given, err == nil
}

// audiences reads aud: one text or a list of texts.
func (c claims) audiences() []string {
	switch v := c["aud"].(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			s, ok := one.(string)
			if !ok {
				return nil
			}
			out = append(out, s)
		}
		return out
	}
	return nil
}

// meant checks aud: it names one of ids, and where it names others too, azp says that the token was issued to one of ids.
func (c claims) meant(ids []string) error {
	audiences := c.audiences()
	if !slices.ContainsFunc(audiences, func(a string) bool { return slices.Contains(ids, a) }) {
		return refuse(wrongAudience)
	}
	if len(audiences) > 1 && !slices.Contains(ids, c.text("azp")) {
		return refuse(wrongParty)
	}
	return nil
}

// current checks exp, iat and nbf against the time; exp must be there, iat where it is required.
func (c claims) current(now time.Time, issuedAt bool) error {
	exp, hasExp, okExp := c.when("exp")
	iat, hasIat, okIat := c.when("iat")
	nbf, hasNbf, okNbf := c.when("nbf")
	at, slack := float64(now.Unix()), leeway.Seconds()
	switch {
	case !hasExp || !hasIat && issuedAt || !okExp || !okIat || !okNbf:
		return refuse(noTime)
	case at > exp+slack:
		return refuse(expired)
	case hasIat && iat > at+slack, hasNbf && nbf > at+slack:
		return refuse(notYet)
	}
	return nil
}

// answers checks that the nonce is the one that was sent; where none was sent there must be none.
func (c claims) answers(nonce string) error {
	given := c.text("nonce")
	switch {
	case given == "" && nonce != "":
		return refuse(noNonce)
	case subtle.ConstantTimeCompare([]byte(given), []byte(nonce)) != 1:
		return refuse(wrongNonce)
	}
	return nil
}

// accompanies checks at_hash: half of the hash of the access token, by the hash of the token's algorithm (OpenID Connect Core
// 3.1.3.6). It reports whether the two are bound to each other.
func (t *token) accompanies(access string) (bool, error) {
	given, present := t.claims["at_hash"]
	if !present || access == "" {
		return false, nil
	}
	hash := crypto.SHA512
	switch t.algorithm[2:] {
	case "256":
		hash = crypto.SHA256
	case "384":
		hash = crypto.SHA384
	}
	h := hash.New()
	h.Write([]byte(access))
	sum := h.Sum(nil)
	want := base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	if text, _ := given.(string); subtle.ConstantTimeCompare([]byte(text), []byte(want)) != 1 {
		return false, refuse(wrongAccess)
	}
	return true, nil
}
