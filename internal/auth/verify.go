package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// maxToken is the longest token in bytes that is looked at.
const maxToken = 8 << 10

// rememberedFor is how many seconds a verified token is believed without another look at its signature; a third party may have
// withdrawn the key.
const rememberedFor = 3600

type tokenHash [sha256.Size]byte

// verified is a token that held, until when it does without another look.
type verified struct {
	holder Holder
	until  int64 // seconds since 1970, leeway included
	keys   *Keys // with which it was looked at; others may not have its key any more
}

// Verify gives the actor of a token, the product's own or a third party's. The algorithm is the key's, never the token's; the
// message texts are PostgREST's.
func (t *Tokens) Verify(ctx context.Context, token string) (policy.Actor, error) {
	h, err := t.Hold(ctx, token)
	return h.Actor, err
}

// Hold is Verify with everything that the token says. The holder is shared: it is not to be changed.
func (t *Tokens) Hold(ctx context.Context, token string) (Holder, error) {
	h, err := t.live(token, func() (Holder, error) {
		if h, ok, err := t.other(ctx, token); ok || err != nil {
			return h, err
		}
		return t.own(token)
	})
	return t.certain(ctx, h, err)
}

// certain is a holder of whom it would be known had the session ended.
func (t *Tokens) certain(ctx context.Context, h Holder, err error) (Holder, error) {
	if err != nil || t.sure == nil {
		return h, err
	}
	if err := t.sure(ctx); err != nil {
		return Holder{}, err
	}
	if t.ended.Holds(h) {
		return Holder{}, over()
	}
	return h, nil
}

// ErrEnded is behind the error of a token whose session, or whose account, has ended.
var ErrEnded = errors.New("auth: the session has ended")

func over() error { return invalid("The session of this JWT has ended").Because(ErrEnded) }

// mine is Hold for the product's own tokens; it refuses any other, and asks nobody.
func (t *Tokens) mine(token string) (Holder, error) {
	h, err := t.live(token, func() (Holder, error) { return t.own(token) })
	if err == nil && h.Foreign {
		return Holder{}, invalid("JWT is of another issuer")
	}
	return h, err
}

// live is the holder of a token whose session has not ended: the one remembered, or the one that judge finds.
func (t *Tokens) live(token string, judge func() (Holder, error)) (Holder, error) {
	if len(token) > maxToken {
		return Holder{}, fault.New(fault.InvalidToken, "JWT is longer than %d bytes", maxToken)
	}
	var room [1 << 10]byte // most tokens are shorter
	hash, now, keys := sha256.Sum256(append(room[:0], token...)), t.clock.Now().Unix(), t.keys.Current()
	v, ok := t.seen.GetIfPresent(hash)
	if !ok || now > v.until || v.keys != keys {
		h, err := judge()
		if err != nil {
			return Holder{}, err
		}
		v = verified{h, min(h.Expires.Unix()+leeway, now+rememberedFor), keys}
		t.seen.Set(hash, v)
	}
	if t.ended.Holds(v.holder) {
		return Holder{}, over()
	}
	return v.holder, nil
}

// own is the holder of one of the product's own tokens.
func (t *Tokens) own(token string) (Holder, error) {
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
	return c.holder()
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
	for _, part := range parts { // one token has one form: no padding, no bits that do not count
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, fault.New(fault.InvalidToken, "JWT couldn't be decoded").Because(err)
		}
	}
	key, err := t.key(parts[0])
	if err != nil {
		return nil, err
	}
	payload, err := jws.Verify([]byte(token), jws.WithKey(key.alg, key.check))
	if err != nil {
		return nil, noKey().Because(err)
	}
	return payload, nil
}

// key finds the key a token's header names, whose algorithm must be the header's. Members other than alg, kid and typ are refused
// where they would change what is verified (crit, b64) and ignored where they would bring their own key (jwk, jku, x5u, x5c).
func (t *Tokens) key(segment string) (*signing, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	var header map[string]json.RawMessage // names count exactly as they are written
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	var alg, kid string
	if err = errors.Join(err, text(header, "alg", &alg), text(header, "kid", &kid)); err != nil {
		return nil, fault.New(fault.InvalidToken, "JWT couldn't be decoded").Because(err)
	}
	if !slices.Contains(Algorithms, alg) || header["crit"] != nil || header["b64"] != nil {
		return nil, wrongAlgorithm()
	}
	k := t.named(kid)
	switch {
	case k == nil:
		return nil, noKey()
	case k.alg.String() != alg:
		return nil, wrongAlgorithm()
	}
	return k, nil
}

// named is the signing key of a name, nil where there is none. Another server may sign with a key that is newer than those known here.
func (t *Tokens) named(kid string) *signing {
	for {
		keys := t.keys.Current()
		for _, k := range keys.signing {
			if k.kid == kid {
				return k
			}
		}
		if !t.keys.missed(keys) {
			return nil
		}
	}
}

func wrongAlgorithm() *fault.Fault {
	return fault.New(fault.InvalidToken, "Wrong or unsupported encoding algorithm")
}

func noKey() *fault.Fault {
	return fault.New(fault.InvalidToken, "No suitable key or wrong key type").
		WithDetails("None of the keys was able to decode the JWT")
}
