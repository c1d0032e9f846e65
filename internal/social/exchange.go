package social

import (
	"context"
	"errors"
	"net/url"
	"regexp"

	"golang.org/x/oauth2"
)

// Callback is what the browser came back with, and what we kept of its request.
type Callback struct {
	Code     string
	Verifier string // of the PKCE challenge that was sent
	Redirect string // as it was sent
	Nonce    string // as it was sent
	// Form is the query or form of the callback: its error, the issuer of the answer (RFC 9207), Apple's user.
	Form url.Values
}

// Exchange turns a code into an identity. What a browser carried is believed only where the provider confirms it.
func (p *Provider) Exchange(ctx context.Context, x Callback) (*Identity, error) {
	if err := p.answered(x); err != nil {
		return nil, err
	}
	d, err := p.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	got, err := p.redeem(ctx, d, x)
	if err != nil {
		return nil, err
	}
	who, err := p.who(ctx, d, got, x)
	if err != nil {
		return nil, err
	}
	identity, err := p.identity(who)
	if err != nil {
		return nil, err
	}
	identity.AccessToken, identity.RefreshToken = got.AccessToken, got.RefreshToken
	return identity, nil
}

// answered checks what the browser brought before anybody is asked.
func (p *Provider) answered(x Callback) error {
	if code := x.Form.Get("error"); code != "" {
		return refuse("The provider refused the sign-in: " + plainCode(code) + ".")
	}
	if from := x.Form.Get("iss"); from != "" && p.oidc() && p.issuer == p.place && from != p.issuer {
		return refuse("The answer is of another issuer than the one that was asked.")
	}
	if x.Code == "" {
		return refuse("The provider's answer has no code.")
	}
	return nil
}

var codeForm = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// plainCode is an error code of somebody else's, where it looks like one.
func plainCode(code string) string {
	if !codeForm.MatchString(code) {
		return "an error without a code"
	}
	return code
}

// redeem exchanges the code at the token endpoint.
func (p *Provider) redeem(ctx context.Context, d *document, x Callback) (*oauth2.Token, error) {
	secret, err := p.clientSecret()
	if err != nil {
		return nil, err
	}
	style := d.style()
	if !p.oidc() || secret == "" {
		style = oauth2.AuthStyleInParams
	}
	config := oauth2.Config{ClientID: p.ids[0], ClientSecret: secret, RedirectURL: x.Redirect,
		Endpoint: oauth2.Endpoint{TokenURL: d.Token, AuthStyle: style}}
	var options []oauth2.AuthCodeOption
	if x.Verifier != "" {
		options = append(options, oauth2.VerifierOption(x.Verifier))
	}
	got, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.get.client), x.Code, options...)
	if err != nil {
		return nil, p.unredeemed(err)
	}
	return got, nil
}

// unredeemed tells a refused code from a server that does not work. The body of the answer is not kept: it may repeat what
// was sent.
func (p *Provider) unredeemed(err error) error {
	var said *oauth2.RetrieveError
	if !errors.As(err, &said) {
		return unavailable(p.name, "the code could not be exchanged", err)
	}
	if said.Response != nil && said.Response.StatusCode >= 500 {
		return unavailable(p.name, "the code could not be exchanged", status(said.Response.StatusCode))
	}
	return refuse("The provider did not take the code: " + plainCode(said.ErrorCode) + ".")
}

// who is what the provider says of the user: its ID token, completed by user info; or its own API.
func (p *Provider) who(ctx context.Context, d *document, got *oauth2.Token, x Callback) (claims, error) {
	if !p.oidc() {
		return p.kind.profile(ctx, p, got.AccessToken)
	}
	raw, _ := got.Extra("id_token").(string)
	if raw == "" {
		return nil, refuse("The provider's answer has no ID token.")
	}
	t, err := p.verified(ctx, raw, x.Nonce, p.ids[:1])
	if err != nil {
		return nil, err
	}
	if _, err := t.accompanies(got.AccessToken); err != nil {
		return nil, err
	}
	if err := p.complete(ctx, d, t.claims, got.AccessToken); err != nil {
		return nil, err
	}
	if p.kind.posted != nil {
		p.kind.posted(t.claims, x.Form)
	}
	return t.claims, nil
}

// complete adds what the ID token leaves out from the user info endpoint, which must speak of the same subject. Whether an
// address is verified is taken together with the address.
func (p *Provider) complete(ctx context.Context, d *document, c claims, access string) error {
	if p.kind.tokenOnly || d.UserInfo == "" || c.text("email") != "" && c.text("name") != "" {
		return nil
	}
	info, err := p.mineObject(ctx, d.UserInfo, access)
	if err != nil {
		return err
	}
	if info.text("sub") != c.text("sub") {
		return refuse("The provider's user info is of another subject than its token.")
	}
	if _, said := c["email_verified"]; c.text("email") == "" || c.text("email") == info.text("email") && !said {
		delete(c, "email_verified")
		take(c, info, "email", "email_verified")
	}
	if c.text("phone_number") == "" {
		delete(c, "phone_number_verified")
		take(c, info, "phone_number", "phone_number_verified")
	}
	for _, name := range profileNames {
		if c.text(name) == "" {
			take(c, info, name)
		}
	}
	return nil
}

func take(into, from claims, names ...string) {
	for _, name := range names {
		if v, ok := from[name]; ok {
			into[name] = v
		}
	}
}
