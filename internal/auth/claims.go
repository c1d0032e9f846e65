package auth

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

// leeway is for how many seconds a token is accepted after it expired, as PostgREST does.
const leeway = 30

// Apart is how far the clocks of two servers of a project may be from each other. A token's beginning, and what ended before its
// tokens did, are judged by it.
const Apart = 5 * time.Minute

const apart = int64(Apart / time.Second)

// claims are a token's claims, the registered ones checked for their types.
type claims struct {
	Iss, Sub, Role, Email, AAL string
	Session                    string
	AMR                        []Method
	Aud                        []string
	Exp, Nbf, Iat              *int64
	Anonymous                  bool
	custom                     map[string]json.RawMessage // app_metadata with the hooks' claims over it
}

// own are claims the product gives a meaning; the others are the project's and become auth.claims.
var own = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "role", "email", "phone", "aal", "amr", "session_id",
	"is_anonymous", "app_metadata", "user_metadata"}

// Own reports whether the product gives a claim its meaning, so that nobody else sets it.
func Own(claim string) bool { return slices.Contains(own, claim) }

func invalid(format string, args ...any) *fault.Fault {
	return fault.New(fault.InvalidClaims, format, args...)
}

func readClaims(payload []byte) (*claims, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil || all == nil {
		return nil, invalid("Parsing claims failed")
	}
	c := &claims{custom: map[string]json.RawMessage{}}
	for i, at := range []**int64{&c.Exp, &c.Nbf, &c.Iat} {
		if err := number(all, []string{"exp", "nbf", "iat"}[i], at); err != nil {
			return nil, err
		}
	}
	for i, at := range []*string{&c.Iss, &c.Sub, &c.Role, &c.Email, &c.AAL} {
		if err := text(all, []string{"iss", "sub", "role", "email", "aal"}[i], at); err != nil {
			return nil, err
		}
	}
	if err := c.audience(all["aud"]); err != nil {
		return nil, err
	}
	if raw, ok := all["is_anonymous"]; ok && json.Unmarshal(raw, &c.Anonymous) != nil {
		return nil, invalid("The JWT 'is_anonymous' claim must be a boolean")
	}
	if err := c.session(all); err != nil {
		return nil, err
	}
	return c, c.gather(all)
}

// number reads a NumericDate (RFC 7519): a JSON number, cut to whole seconds.
func number(all map[string]json.RawMessage, name string, at **int64) error {
	raw, ok := all[name]
	if !ok {
		return nil
	}
	var f *float64
	if err := json.Unmarshal(raw, &f); err != nil || f == nil || *f < 0 || *f > 1e15 {
		return invalid("The JWT '%s' claim must be a number", name)
	}
	n := int64(*f)
	*at = &n
	return nil
}

func text(all map[string]json.RawMessage, name string, at *string) error {
	raw, ok := all[name]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if json.Unmarshal(raw, at) != nil {
		return invalid("The JWT '%s' claim must be a string", name)
	}
	return nil
}

func (c *claims) audience(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		c.Aud = []string{one}
		return nil
	}
	if json.Unmarshal(raw, &c.Aud) != nil {
		return invalid("The JWT 'aud' claim must be a string or an array of strings")
	}
	return nil
}

func (c *claims) gather(all map[string]json.RawMessage) error {
	if raw, ok := all["app_metadata"]; ok && json.Unmarshal(raw, &c.custom) != nil {
		return invalid("The JWT 'app_metadata' claim must be an object")
	}
	if c.custom == nil { // app_metadata: null
		c.custom = map[string]json.RawMessage{}
	}
	for name, raw := range all {
		if !Own(name) {
			c.custom[name] = raw
		}
	}
	return nil
}

// admit checks when, by whom and for whom the token is. now is in seconds since 1970.
func (c *claims) admit(issuer string, now int64) error {
	switch {
	case c.Exp == nil:
		return invalid("The JWT has no 'exp' claim")
	case now > *c.Exp+leeway:
		return invalid("JWT expired")
	case c.Nbf != nil && now < *c.Nbf-apart:
		return invalid("JWT not yet valid")
	case c.Iat != nil && now < *c.Iat-apart:
		return invalid("JWT issued at future")
	case !slices.Contains(c.Aud, Audience):
		return invalid("JWT not in audience")
	case c.Iss != issuer:
		return invalid("JWT is of another issuer")
	}
	return nil
}

// ActorOf is the actor that a token with further claims would make of an account; for commands that sign nothing. The error
// is safe to show.
func ActorOf(sub string, further []byte) (policy.Actor, error) {
	c, err := readClaims(further)
	if err != nil {
		return policy.Actor{}, err
	}
	c.Sub, c.Role = sub, policy.Authenticated
	return c.actor()
}

func (c *claims) actor() (policy.Actor, error) {
	a := policy.Actor{Role: c.Role, Email: c.Email, AAL: c.AAL, Anonymous: c.Anonymous}
	switch c.Role {
	case policy.Anon, policy.Authenticated:
	case policy.ServiceRole:
		return a, invalid("No token acts as service_role").WithHint("send the secret key in the apikey header")
	default:
		return a, invalid("The JWT 'role' claim must be anon or authenticated")
	}
	if c.Sub != "" || c.Role != policy.Anon {
		id, err := uuid.Parse(c.Sub)
		if err != nil || len(c.Sub) != 36 {
			return a, invalid("The JWT 'sub' claim must be a uuid")
		}
		a.UID = id.String()
	}
	raw, err := json.Marshal(c.custom)
	if err != nil {
		return a, invalid("Parsing claims failed").Because(err)
	}
	canonical, err := value.CanonicalJSON(raw)
	if err != nil {
		return a, invalid("Parsing claims failed").Because(err)
	}
	a.Claims = value.OfJSON(canonical)
	return a, nil
}
