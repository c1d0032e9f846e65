package auth

import (
	"crypto/subtle"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// Gate turns a request's credentials into an actor.
type Gate struct {
	keys   *Keys
	tokens *Tokens
}

// NewGate makes the gate of a project.
func NewGate(keys *Keys, tokens *Tokens) *Gate { return &Gate{keys, tokens} }

// Admit gives the actor of a request: apikey is the header of that name, authorization the Authorization header, both
// "" where absent. The bearer, where there is one, says who is calling; the API key alone is anonymous or service_role.
// A bearer that is one of the keys is that key.
func (g *Gate) Admit(apikey, authorization string) (policy.Actor, error) {
	if apikey == "" && authorization == "" {
		return policy.Actor{}, fault.New(fault.AnonymousForbidden, "Anonymous access is disabled").
			WithHint("send the publishable key in the apikey header; `socle keys` prints it")
	}
	var actor policy.Actor
	if apikey != "" {
		of, ok := g.keyed(apikey)
		if !ok {
			return policy.Actor{}, fault.New(fault.InvalidToken, "Invalid API key").
				WithHint("`socle keys` prints the publishable and the secret key")
		}
		actor = of
	}
	if authorization == "" {
		return actor, nil
	}
	return g.bearer(authorization)
}

func (g *Gate) bearer(authorization string) (policy.Actor, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return policy.Actor{}, fault.New(fault.InvalidToken, "The Authorization header must be Bearer and a token")
	}
	token = strings.TrimSpace(token)
	if actor, ok := g.keyed(token); ok {
		return actor, nil
	}
	return g.tokens.Verify(token)
}

// keyed gives the actor of an API key, comparing in constant time.
func (g *Gate) keyed(key string) (policy.Actor, bool) {
	switch {
	case equal(key, g.keys.Secret):
		return policy.Service(), true
	case equal(key, g.keys.Publishable):
		return policy.Actor{Role: policy.Anon}, true
	}
	return policy.Actor{}, false
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
