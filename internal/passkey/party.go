package passkey

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/socle-hq/socle/internal/clock"
)

// Lifetime is how long a ceremony may take: as long as browsers wait, and as much as the clocks of two servers may be apart.
const Lifetime = browsersWait + 5*time.Minute

const browsersWait = 5 * time.Minute

// Party is the site that passkeys are made for. It is immutable and safe for concurrent use.
type Party struct {
	rp    *webauthn.WebAuthn
	clock clock.Clock
}

// NewParty is the site at publicURL, whose host becomes the relying party's id. Pages at publicURL itself and at origins may use its
// passkeys. An origin is `https://host[:port]`, or `http://localhost[:port]` in development. Passkeys belong to the id for good: after a
// change of the host they are of no use. The error says which setting is wrong, and what it should be.
func NewParty(name, publicURL string, origins []string) (*Party, error) {
	own, err := origin(publicURL)
	if err != nil {
		return nil, fmt.Errorf("passkeys need a public_url: %w", err)
	}
	id := own.Hostname()
	if err := protocol.ValidateRPID(id); err != nil {
		return nil, fmt.Errorf("passkeys need a public_url with a name: %q cannot be one (%w): set it to https://your.domain, or to http://localhost in development", id, err)
	}
	allowed := []string{text(own)}
	for _, o := range origins {
		page, err := origin(o)
		if err != nil {
			return nil, fmt.Errorf("passkeys cannot be used at the origin %q: %w", o, err)
		}
		if !slices.Contains(allowed, text(page)) {
			allowed = append(allowed, text(page))
		}
	}
	if _, err := protocol.NewRelatedOrigins(allowed...); err != nil {
		return nil, fmt.Errorf("passkeys cannot be used at so many domains (browsers take %d): %w", protocol.MaximumRelatedOriginLabels, err)
	}
	if name == "" {
		name = id
	}
	rp, err := webauthn.New(settings(id, name, allowed))
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Party{rp, clock.System()}, nil
}

func settings(id, name string, origins []string) *webauthn.Config {
	resident := true
	timeout := webauthn.TimeoutConfig{Timeout: browsersWait, TimeoutUVD: browsersWait}
	return &webauthn.Config{
		RPID: id, RPDisplayName: name, RPOrigins: origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &resident,
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Password managers answer extensions that nobody asked for. None of them is used here.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	}
}

// WithClock is the same site with another source of time and randomness.
func (p *Party) WithClock(c clock.Clock) *Party { return &Party{p.rp, c} }

// ID is the relying party's id: the host that passkeys are bound to.
func (p *Party) ID() string { return p.rp.Config.RPID }

// RelatedOrigins is the document that browsers ask for at https://ID/.well-known/webauthn (application/json) before they let a page of
// another domain use the passkeys of this one; nil where all origins are of the id or below it.
func (p *Party) RelatedOrigins() []byte {
	outside := slices.ContainsFunc(p.rp.Config.RPOrigins, func(o string) bool {
		u, err := url.Parse(o)
		return err == nil && u.Hostname() != p.ID() && !strings.HasSuffix(u.Hostname(), "."+p.ID())
	})
	if !outside {
		return nil
	}
	document, err := json.Marshal(map[string][]string{"origins": p.rp.Config.RPOrigins})
	if err != nil {
		return nil
	}
	return document
}

// origin reads a URL of a page; its path counts for nothing.
func origin(s string) (*url.URL, error) {
	u, err := url.Parse(strings.ToLower(s))
	switch {
	case err != nil || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not the URL of a site: write https://your.domain, or http://localhost:8090 in development", s)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q is more than the URL of a site: write https://your.domain alone", u.Redacted())
	case strings.Contains(u.Host, "*"):
		return nil, fmt.Errorf("passkeys need exact names: write each of the hosts that %q stands for", s)
	case u.Scheme == "https", u.Scheme == "http" && local(u.Hostname()):
		return u, nil
	case u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback():
		return nil, fmt.Errorf("browsers have no passkeys at addresses such as %s: write http://localhost in its place", u.Host)
	}
	return nil, fmt.Errorf("browsers have passkeys at https only, and at http://localhost in development: %q is neither", s)
}

func local(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// text is an origin as browsers write it (RFC 6454, section 6.2).
func text(u *url.URL) string {
	if u.Scheme == "https" {
		return u.Scheme + "://" + strings.TrimSuffix(u.Host, ":443")
	}
	return u.Scheme + "://" + strings.TrimSuffix(u.Host, ":80")
}
