package social

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// IDToken verifies an ID token that an app got from the provider by itself; it may be made for any of the client ids. The app
// proves that the token is its own by the nonce: the token holds its SHA-256 in hexadecimal. The identity holds the access
// token only where the ID token vouches for it.
func (p *Provider) IDToken(ctx context.Context, idToken, nonce, accessToken string) (*Identity, error) {
	if !p.oidc() {
		return nil, refuse("The provider " + p.name + " gives no ID tokens.")
	}
	hashed := ""
	if nonce != "" {
		sum := sha256.Sum256([]byte(nonce))
		hashed = hex.EncodeToString(sum[:])
	}
	t, err := p.verified(ctx, idToken, hashed, p.ids)
	if err != nil {
		return nil, err
	}
	bound, err := t.accompanies(accessToken)
	if err != nil {
		return nil, err
	}
	identity, err := p.identity(t.claims)
	if err == nil && bound {
		identity.AccessToken = accessToken
	}
	return identity, err
}

// verified is a token that holds: its issuer, key, algorithm and audience belong together, it is current, and it answers nonce.
func (p *Provider) verified(ctx context.Context, raw, nonce string, ids []string) (*token, error) {
	t, err := parse(raw)
	if err != nil {
		return nil, err
	}
	d, err := p.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	issuer := t.claims.text("iss")
	if issuer == "" || issuer != p.issuerOf(t.claims) {
		return nil, refuse(wrongIssuer)
	}
	algorithms := p.kind.algorithms
	if algorithms == nil {
		algorithms = d.algorithms()
	}
	if err := t.verify(ctx, p.keys, issuer, algorithms, []string{"", "jwt"}); err != nil {
		return nil, unavailable(p.name, "its keys cannot be had", err)
	}
	if err := t.claims.meant(ids); err != nil {
		return nil, err
	}
	if err := t.claims.current(p.clock.Now(), true); err != nil {
		return nil, err
	}
	if sub := t.claims.text("sub"); sub == "" || len(sub) > 255 {
		return nil, refuse(noSubject)
	}
	return t, t.claims.answers(nonce)
}

var directoryForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// issuerOf is the issuer a token must have: the provider's, or that of the directory the token is from, where the provider
// lets in more than one; "" where no directory fits.
func (p *Provider) issuerOf(c claims) string {
	if !strings.Contains(p.issuer, directoryTemplate) {
		return p.issuer
	}
	directory := c.text("tid")
	if !directoryForm.MatchString(directory) || directory == personalDirectory && strings.Contains(p.place, "/organizations/") {
		return ""
	}
	return strings.Replace(p.issuer, directoryTemplate, directory, 1)
}
