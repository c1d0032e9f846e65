package auth

import (
	"context"
	"crypto/subtle"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// Gate turns a request's credentials into an actor.
type Gate struct {
	keys   Source
	tokens *Tokens
}

// NewGate makes the gate of a project.
func NewGate(keys Source, tokens *Tokens) *Gate { return &Gate{keys, tokens} }

// Admit gives the actor of a request: apikey is the header of that name, authorization the Authorization header, both
// "" where absent. The bearer, where there is one, says who is calling; the API key alone is anonymous or service_role.
// A bearer that is one of the keys is that key.
func (g *Gate) Admit(ctx context.Context, apikey, authorization string) (policy.Actor, error) {
	if apikey == "" && authorization == "" {
		return policy.Actor{}, fault.New(fault.AnonymousForbidden, "Anonymous access is disabled").
			WithHint("send the publishable key in the apikey header; `socle keys` prints it")
	}
	actor, err := g.apikey(apikey)
	if err != nil || authorization == "" {
		return actor, err
	}
	token, err := bearer(authorization)
	if err != nil {
		return policy.Actor{}, err
	}
	if actor, ok := g.keyed(token); ok {
		return actor, nil
	}
	return g.tokens.Verify(ctx, token)
}

// Holder gives whose token the bearer is, for what the product does with accounts: ok is false where there is no bearer, where
// it is one of the keys, and where the token is of no account. The arguments are those of Admit. A token of a third-party
// issuer is refused: it is for the data alone.
func (g *Gate) Holder(ctx context.Context, apikey, authorization string) (h Holder, ok bool, err error) {
	if _, err := g.apikey(apikey); err != nil || authorization == "" {
		return Holder{}, false, err
	}
	token, err := bearer(authorization)
	if err != nil {
		return Holder{}, false, err
	}
	if _, is := g.keyed(token); is {
		return Holder{}, false, nil
	}
	h, err = g.tokens.mine(token)
	h, err = g.tokens.certain(ctx, h, err)
	if err != nil || h.Actor.UID == "" {
		return Holder{}, false, err
	}
	return h, true, nil
}

// apikey gives the actor of the apikey header, the zero Actor where there is none.
func (g *Gate) apikey(key string) (policy.Actor, error) {
	if key == "" {
		return policy.Actor{}, nil
	}
	actor, ok := g.keyed(key)
	if !ok {
		return policy.Actor{}, fault.New(fault.InvalidToken, "Invalid API key").
			WithHint("`socle keys` prints the publishable and the secret key")
	}
	return actor, nil
}

// bearer is the token of an Authorization header.
func bearer(authorization string) (string, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return "", fault.New(fault.InvalidToken, "The Authorization header must be Bearer and a token")
	}
	return strings.TrimSpace(token), nil
}

// keyed gives the actor of an API key, comparing in constant time.
func (g *Gate) keyed(key string) (policy.Actor, bool) {
	switch keys := g.keys.Current(); {
	case equal(key, keys.Secret):
		return policy.Service(), true
	case equal(key, keys.Publishable):
		return policy.Actor{Role: policy.Anon}, true
	}
	return policy.Actor{}, false
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Secret reports whether an admitted actor came with the secret key.
func (g *Gate) Secret(a policy.Actor) bool { return a.Role == policy.ServiceRole }
