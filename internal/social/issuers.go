package social

import (
	"context"
	"fmt"
	"slices"

	"github.com/socle-hq/socle/internal/clock"
)

// IssuerSettings of one third party whose tokens the data API accepts.
type IssuerSettings struct {
	Issuer     string            // as its tokens' iss has it, exactly
	Audience   string            // as its tokens' aud has it; several with commas
	JWKS       string            // where its keys are; by discovery where empty
	Algorithms []string          // RS256, ES256 and EdDSA where empty
	Rules      map[string]string // handed back with the claims
}

// Issuers verifies tokens of third parties. It is safe for concurrent use.
type Issuers struct {
	by    map[string]*issuer
	clock clock.Clock
}

// issuer keeps together what must not be mixed: whose tokens, which keys, which algorithms, for whom.
type issuer struct {
	name       string
	audiences  []string
	algorithms []string
	keys       keySet
	rules      map[string]string
}

// accepted are the kinds (typ) of an access token: plain, and RFC 9068.
var accepted = []string{"", "jwt", "at+jwt", "application/at+jwt"}

// NewIssuers checks the settings; it asks nobody.
func NewIssuers(settings []IssuerSettings, o Options) (*Issuers, error) {
	o = o.filled()
	out := &Issuers{by: map[string]*issuer{}, clock: o.Clock}
	for n, s := range settings {
		one, err := newIssuer(s, o)
		if err != nil {
			return nil, fmt.Errorf("auth.issuers, item %d: %w", n+1, err)
		}
		if out.by[s.Issuer] != nil {
			return nil, fmt.Errorf("auth.issuers, item %d: the issuer is there twice", n+1)
		}
		out.by[s.Issuer] = one
	}
	return out, nil
}

func newIssuer(s IssuerSettings, o Options) (*issuer, error) {
	one := &issuer{name: s.Issuer, audiences: list(s.Audience), algorithms: s.Algorithms, rules: s.Rules}
	switch {
	case !trustworthy(s.Issuer, s.Issuer):
		return nil, fmt.Errorf("issuer must be an https address")
	case len(one.audiences) == 0:
		return nil, fmt.Errorf("audience is missing: without it, a token made for any other service would be accepted here")
	case s.JWKS != "" && !trustworthy(s.JWKS, s.JWKS):
		return nil, fmt.Errorf("jwks must be an https address")
	}
	for _, a := range s.Algorithms {
		if !slices.Contains(asymmetric, a) {
			return nil, fmt.Errorf("algorithm %q is not one of %v", a, asymmetric)
		}
	}
	if len(one.algorithms) == 0 {
		one.algorithms = []string{"RS256", "ES256", "EdDSA"}
	}
	get := getter{o.Client}
	one.keys = newKeySet(o.Clock, get, func(ctx context.Context) (string, error) {
		if s.JWKS != "" {
			return s.JWKS, nil
		}
		d, err := discover(ctx, get, s.Issuer, s.Issuer)
		if err != nil {
			return "", err
		}
		return d.Keys, nil
	})
	return one, nil
}

// Verify gives the claims of a token as they were signed, and the rules of its issuer. ok is false for a token that none of
// the issuers made, which is then somebody else's to judge.
func (i *Issuers) Verify(ctx context.Context, raw string) (payload []byte, rules map[string]string, ok bool, err error) {
	t, err := parse(raw)
	if err != nil {
		return nil, nil, false, nil
	}
	from := i.by[t.claims.text("iss")]
	if from == nil {
		return nil, nil, false, nil
	}
	if err := t.verify(ctx, from.keys, from.name, from.algorithms, accepted); err != nil {
		return nil, nil, true, unavailable(from.name, "its keys cannot be had", err)
	}
	if !slices.ContainsFunc(t.claims.audiences(), func(a string) bool { return slices.Contains(from.audiences, a) }) {
		return nil, nil, true, refuse(wrongAudience)
	}
	if err := t.claims.current(i.clock.Now(), false); err != nil {
		return nil, nil, true, err
	}
	return t.payload, from.rules, true, nil
}
