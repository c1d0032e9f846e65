package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/maypok86/otter/v2"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/policy"
)

// Audience is what every token of the product is for.
const Audience = "authenticated"

// Tokens issues and verifies a project's JWTs.
type Tokens struct {
	keys   Source
	issuer string
	clock  clock.Clock
	seen   *otter.Cache[tokenHash, verified]
	ended  *Ended
	sure   func(context.Context) error

	foreign Foreign
}

// tokensKept bounds the cache of verified tokens.
const tokensKept = 10_000

// NewTokens binds the key set that holds to an issuer; see Issuer.
func NewTokens(keys Source, issuer string, clk clock.Clock) *Tokens {
	return &Tokens{keys: keys, issuer: issuer, clock: clk, seen: otter.Must(&otter.Options[tokenHash, verified]{MaximumSize: tokensKept})}
}

// Heed makes the tokens of what has ended be refused. It is called before the first token is verified.
func (t *Tokens) Heed(e *Ended) { t.ended = e }

// Consult names what is asked before a token is accepted: it returns nil once everything is known that ended until a moment ago,
// and an error, with which the token is not accepted, where that cannot be learnt. It is called before the first token is verified.
func (t *Tokens) Consult(sure func(context.Context) error) { t.sure = sure }

// Issuer is the iss claim of a project with the public URL, "socle" where it has none.
func Issuer(publicURL string) string {
	if publicURL == "" {
		return "socle"
	}
	return publicURL + "/auth/v1"
}

// Grant says for whom a token is.
type Grant struct {
	Sub    string         // uuid
	Role   string         // authenticated or anon; "" is authenticated
	Claims map[string]any // further claims: email, aal, app_metadata, …; the reserved ones are refused
	TTL    time.Duration
}

// reserved claims are set by Issue alone.
var reserved = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "role"}

// Issue signs a token. The error says what of the grant is wrong and is safe to show.
func (t *Tokens) Issue(g Grant) (string, error) {
	if g.Role == "" {
		g.Role = policy.Authenticated
	}
	if g.Role != policy.Authenticated && g.Role != policy.Anon {
		return "", fmt.Errorf("no token is issued for role %q: it is %s or %s", g.Role, policy.Authenticated, policy.Anon)
	}
	id, err := uuid.Parse(g.Sub)
	if err != nil || len(g.Sub) != 36 {
		return "", fmt.Errorf("the subject is not a uuid such as 0190f3a1-7c5e-7000-8000-000000000001")
	}
	claims := map[string]any{}
	for k, v := range g.Claims {
		claims[k] = v
	}
	for _, k := range reserved {
		if _, set := claims[k]; set {
			return "", fmt.Errorf("the claim %q cannot be chosen", k)
		}
	}
	now := t.clock.Now()
	claims["iss"], claims["aud"], claims["sub"], claims["role"] = t.issuer, Audience, id.String(), g.Role
	claims["iat"], claims["exp"] = now.Unix(), now.Add(g.TTL).Unix()
	token, err := t.sign(claims)
	if err != nil {
		return "", err
	}
	if _, err := t.mine(token); err != nil {
		return "", fmt.Errorf("such a token would be refused: %w", err)
	}
	return token, nil
}

func (t *Tokens) sign(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("the claims are not JSON: %w", err)
	}
	key, headers := t.keys.Current().signing[0], jws.NewHeaders()
	if err := errors.Join(headers.Set("typ", "JWT"), headers.Set("kid", key.kid)); err != nil {
		return "", err
	}
	signed, err := jws.Sign(payload, jws.WithKey(key.alg, key.private, jws.WithProtectedHeaders(headers)))
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	if len(signed) > maxToken {
		return "", fmt.Errorf("the token would be %d bytes; at most %d are accepted", len(signed), maxToken)
	}
	return string(signed), nil
}
