package social

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/socle-hq/socle/internal/clock"
)

// Provider is one party people can sign in at. It is safe for concurrent use.
type Provider struct {
	name     string
	kind     preset
	settings Settings
	ids      []string
	secret   string
	signer   any // the private key of a secret that is signed anew each time

	place, issuer string             // where discovery is, whose it must be; "" of an OAuth 2 provider
	fixed         document           // of an OAuth 2 provider
	document      *cached[*document] // of OpenID Connect
	keys          keySet
	get           getter
	clock         clock.Clock
}

// oidc reports whether the provider gives ID tokens.
func (p *Provider) oidc() bool { return p.issuer != "" }

// endpoints are where the provider is asked.
func (p *Provider) endpoints(ctx context.Context) (*document, error) {
	if !p.oidc() {
		return &p.fixed, nil
	}
	d, err := p.document.get(ctx)
	if err != nil {
		return nil, unavailable(p.name, "its discovery document cannot be had or does not hold", err)
	}
	return d, nil
}

// AuthRequest is one browser's way to the provider. State and Redirect are required.
type AuthRequest struct {
	State     string
	Nonce     string // of OpenID Connect; the ID token must answer it
	Challenge string // S256 PKCE between us and the provider
	Redirect  string // our callback
	Scopes    []string
	Params    url.Values // from the caller; only a few names are passed on
}

// passed are the parameters of the caller's that reach the provider. None of them changes where the answer goes or what it is.
var passed = []string{"prompt", "login_hint", "access_type", "hd", "domain_hint", "display", "ui_locales", "include_granted_scopes",
	"allow_signup", "team"}

// AuthorizeURL is where to send the browser.
func (p *Provider) AuthorizeURL(ctx context.Context, r AuthRequest) (string, error) {
	if r.State == "" || r.Redirect == "" {
		return "", errors.New("social: a request to a provider needs a state and a redirect")
	}
	d, err := p.endpoints(ctx)
	if err != nil {
		return "", err
	}
	if d.Authorize == "" || d.Token == "" {
		return "", unavailable(p.name, "its discovery document names no place to sign in", nil)
	}
	scopes, err := p.scopes(r.Scopes)
	if err != nil {
		return "", err
	}
	var options []oauth2.AuthCodeOption
	set := func(name, value string) {
		if value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	for _, name := range passed {
		set(name, r.Params.Get(name))
	}
	if p.oidc() {
		set("nonce", r.Nonce)
	}
	if r.Challenge != "" {
		set("code_challenge", r.Challenge)
		set("code_challenge_method", "S256")
	}
	set("response_mode", p.kind.mode)
	config := oauth2.Config{ClientID: p.ids[0], RedirectURL: r.Redirect, Scopes: scopes, Endpoint: oauth2.Endpoint{AuthURL: d.Authorize}}
	place, query, _ := strings.Cut(config.AuthCodeURL(r.State, options...), "?")
	return place + "?" + strings.ReplaceAll(query, "+", "%20"), nil // Apple does not read + as a space
}

// scopes are the provider's, the project's and the caller's, each once.
func (p *Provider) scopes(asked []string) ([]string, error) {
	base := p.kind.scopes
	if base == nil && p.oidc() {
		base = []string{"openid", "email", "profile"}
	}
	out := slices.Clone(base)
	for _, scope := range slices.Concat(p.settings.Scopes, asked) {
		if !scopeForm.MatchString(scope) {
			return nil, refuse("A scope holds visible characters without spaces and quotation marks.")
		}
		if !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out, nil
}
