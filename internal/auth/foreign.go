package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// Foreign verifies the tokens of third-party issuers: form, key, algorithm, signature, issuer, audience and times. ok is false
// for a token that is of none of them. An error with Temporary() bool may pass by itself; the text of any other is safe to show.
type Foreign interface {
	Verify(ctx context.Context, token string) (claims []byte, rules map[string]string, ok bool, err error)
}

// Accept makes the tokens of third parties accepted beside the product's own. It is called before the first token is verified.
func (t *Tokens) Accept(f Foreign) { t.foreign = f }

// accounts is the UUID namespace of the accounts of third parties; it never changes.
var accounts = uuid.MustParse("c2f7a1de-5b0c-4f0b-9a53-6d1f0e8b7a24")

// ForeignUID is the auth.uid of an account of a third party: its subject where that is a uuid, and otherwise the uuid of version
// 5 of the issuer, a line feed and the subject, in the namespace c2f7a1de-5b0c-4f0b-9a53-6d1f0e8b7a24.
func ForeignUID(issuer, sub string) string {
	if id, err := uuid.Parse(sub); err == nil && len(sub) == 36 {
		return id.String()
	}
	return uuid.NewSHA1(accounts, []byte(issuer+"\n"+sub)).String()
}

// Targets of rules that are not names in auth.claims.
const (
	toAAL   = "auth.aal" // the assurance level; what is neither aal1 nor aal2 counts as none
	allOfIt = "*"        // every member of the object, under its own name
)

// registered are the claims of JWT, of OpenID Connect and of access tokens (RFC 9068): they tell of the token or are the user's to
// write, and reach auth.claims by a rule alone.
var registered = slices.Concat(own, []string{"acr", "act", "address", "at_hash", "auth_time", "azp", "birthdate", "c_hash", "cid", "client_id",
	"cnf", "email_verified", "entitlements", "events", "family_name", "gender", "given_name", "gty", "groups", "locale", "may_act",
	"middle_name", "name", "nickname", "nonce", "phone_number", "phone_number_verified", "phone_verified", "picture",
	"preferred_username", "profile", "roles", "s_hash", "scope", "scp", "sid", "sub_jwk", "txn", "typ", "uid", "updated_at",
	"website", "zoneinfo"})

// other verifies a token that is not the product's own; ok is false where no third party made it.
func (t *Tokens) other(ctx context.Context, token string) (h Holder, ok bool, err error) {
	if t.foreign == nil || unproven(token) == t.issuer {
		return Holder{}, false, nil
	}
	payload, rules, ok, err := t.foreign.Verify(ctx, token)
	switch {
	case err != nil:
		return Holder{}, true, refused(err)
	case !ok:
		return Holder{}, false, nil
	}
	h, err = mapped(payload, rules)
	return h, true, err
}

// unproven is who a token says made it. It decides who judges the token, and nothing else.
func unproven(token string) string {
	var c map[string]json.RawMessage
	var iss string
	if parts := strings.Split(token, "."); len(parts) == 3 {
		raw, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(raw, &c) == nil {
			_ = text(c, "iss", &iss) // another type is nobody
		}
	}
	return iss
}

func refused(err error) error {
	var known *fault.Fault
	if errors.As(err, &known) {
		return known
	}
	var passing interface{ Temporary() bool }
	if errors.As(err, &passing) && passing.Temporary() || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "The issuer of the JWT cannot be asked for its keys at present").Because(err)
	}
	return fault.New(fault.InvalidToken, "%s", strings.TrimSuffix(err.Error(), ".")).Because(err)
}

// mapped makes a holder of the claims of a third party. Whatever they say, the role is authenticated, the address is one that
// was verified, and nothing but the rules gives an assurance level.
func mapped(payload []byte, rules map[string]string) (Holder, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil || all == nil {
		return Holder{}, invalid("Parsing claims failed")
	}
	c := &claims{Role: policy.Authenticated, custom: map[string]json.RawMessage{}}
	err := errors.Join(text(all, "iss", &c.Iss), text(all, "sub", &c.Sub), number(all, "exp", &c.Exp), number(all, "iat", &c.Iat))
	switch {
	case err != nil:
		return Holder{}, fault.From(err)
	case c.Exp == nil:
		return Holder{}, invalid("The JWT has no 'exp' claim")
	case c.Sub == "":
		return Holder{}, invalid("The JWT has no 'sub' claim")
	}
	c.Sub = ForeignUID(c.Iss, c.Sub)
	if yes(all["email_verified"]) {
		_ = text(all, "email", &c.Email) // what is no text is no address
	}
	c.Anonymous = yes(all["is_anonymous"])
	c.apply(rules, all)
	h, err := c.holder()
	h.Foreign = true
	return h, err
}

// yes reads a boolean that some issuers write as text.
func yes(raw json.RawMessage) bool {
	return bytes.Equal(raw, []byte("true")) || bytes.Equal(raw, []byte(`"true"`))
}

// apply gives auth.claims: without rules the issuer's own claims under their names, with rules what they name and nothing else.
// Where two rules lead to one name, the first in the order of the paths holds.
func (c *claims) apply(rules map[string]string, all map[string]json.RawMessage) {
	if len(rules) == 0 {
		for name, raw := range all {
			if !slices.Contains(registered, name) {
				c.custom[name] = raw
			}
		}
		return
	}
	for _, path := range slices.Sorted(maps.Keys(rules)) {
		raw, ok := lookup(all, path)
		if !ok {
			continue
		}
		switch to := rules[path]; to {
		case toAAL:
			c.level(raw)
		case allOfIt:
			var members map[string]json.RawMessage
			_ = json.Unmarshal(raw, &members) // what is no object has none
			for name, member := range members {
				c.put(name, member)
			}
		default:
			c.put(to, raw)
		}
	}
}

func (c *claims) level(raw json.RawMessage) {
	var level string
	if json.Unmarshal(raw, &level) == nil && (level == "aal1" || level == "aal2") && c.AAL == "" {
		c.AAL = level
	}
}

func (c *claims) put(name string, raw json.RawMessage) {
	if _, taken := c.custom[name]; !taken {
		c.custom[name] = raw
	}
}

// lookup finds the claim at a path: of that very name, or inside of objects along the dots.
func lookup(all map[string]json.RawMessage, path string) (json.RawMessage, bool) {
	if raw, ok := all[path]; ok {
		return raw, true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		var inside map[string]json.RawMessage
		if raw, ok := all[path[:i]]; ok && json.Unmarshal(raw, &inside) == nil {
			if found, ok := lookup(inside, path[i+1:]); ok {
				return found, true
			}
		}
	}
	return nil, false
}
