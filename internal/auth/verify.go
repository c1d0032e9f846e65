package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// maxToken is the longest token in bytes that is looked at.
const maxToken = 8 << 10

type tokenHash [sha256.Size]byte

// verified is a token that held, until it expires.
type verified struct {
	holder Holder
	until  int64 // seconds since 1970, leeway included
}

// Verify gives the actor of a token. The algorithm is the key's, never the token's; the message texts are PostgREST's.
func (t *Tokens) Verify(token string) (policy.Actor, error) {
	h, err := t.Hold(token)
	return h.Actor, err
}

// Hold is Verify with everything that the token says. The holder is shared: it is not to be changed.
func (t *Tokens) Hold(token string) (Holder, error) {
	h, err := t.held(token)
	if err != nil {
		return Holder{}, err
	}
	if t.ended.Holds(h) {
		return Holder{}, invalid("The session of this JWT has ended")
	}
	return h, nil
}

// held is the holder of a token, whether or not the session has ended.
func (t *Tokens) held(token string) (Holder, error) {
	if len(token) > maxToken {
		return Holder{}, fault.New(fault.InvalidToken, "JWT is longer than %d bytes", maxToken)
	}
	hash := sha256.Sum256([]byte(token))
	if v, ok := t.seen.GetIfPresent(hash); ok && t.clock.Now().Unix() <= v.until {
		return v.holder, nil
	}
	payload, err := t.authentic(token)
	if err != nil {
		return Holder{}, err
	}
	c, err := readClaims(payload)
	if err != nil {
		return Holder{}, err
	}
	if err := c.admit(t.issuer, t.clock.Now().Unix()); err != nil {
		return Holder{}, err
	}
	h, err := c.holder()
	if err != nil {
		return Holder{}, err
	}
	t.seen.Set(hash, verified{h, *c.Exp + leeway})
	return h, nil
}

// authentic checks form, key, algorithm and signature, and gives the payload.
func (t *Tokens) authentic(token string) ([]byte, error) {
	if token == "" {
		return nil, fault.New(fault.InvalidToken, "Empty JWT is sent in Authorization header")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, fault.New(fault.InvalidToken, "Expected 3 parts in JWT; got %d", len(parts))
	}
	key, err := t.key(parts[0])
	if err != nil {
		return nil, err
	}
	payload, err := jws.Verify([]byte(token), jws.WithKey(jwa.ES256(), key))
	if err != nil {
		return nil, noKey().Because(err)
	}
	return payload, nil
}

// key finds the key a token's header names. Members other than alg, kid and typ are refused where they would change
// what is verified (crit, b64) and ignored where they would bring their own key (jwk, jku, x5u, x5c).
func (t *Tokens) key(segment string) (jwk.Key, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	var header struct {
		Alg  string          `json:"alg"`
		Kid  string          `json:"kid"`
		Crit json.RawMessage `json:"crit"`
		B64  *bool           `json:"b64"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	if err != nil {
		return nil, fault.New(fault.InvalidToken, "JWT couldn't be decoded").Because(err)
	}
	if header.Alg != jwa.ES256().String() || header.Crit != nil || header.B64 != nil {
		return nil, fault.New(fault.InvalidToken, "Wrong or unsupported encoding algorithm")
	}
	for _, k := range t.keys.verifying {
		if id, ok := k.KeyID(); ok && id == header.Kid {
			return k, nil
		}
	}
	return nil, noKey()
}

func noKey() *fault.Fault {
	return fault.New(fault.InvalidToken, "No suitable key or wrong key type").
		WithDetails("None of the keys was able to decode the JWT")
}
