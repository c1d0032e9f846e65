package social

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/outgoing"
)

// Settings of one provider, as the project writes them.
type Settings struct {
	Name         string   // a preset's, or the project's own
	ClientID     string   // several with commas: all are audiences of ID tokens, the first is who we are in the browser's flow
	ClientSecret string   // Apple: the private key as PEM, or a signed secret
	Issuer       string   // of OpenID Connect; a preset has its own, which this replaces
	Scopes       []string // beside those that are always asked for
	Tenant       string   // Microsoft: a directory's id, common (the default), organizations or consumers
	TeamID       string   // Apple
	KeyID        string   // Apple
	AuthURL      string   // OAuth 2 without discovery: where the browser goes,
	TokenURL     string   // where codes are exchanged,
	UserURL      string   // and who the user is; GitHub: the API's /user
}

// Options are what a package of this kind needs of the outside.
type Options struct {
	Client *http.Client // nil: outgoing.New with its strictest options
	Clock  clock.Clock  // nil: the system's
}

func (o Options) filled() Options {
	if o.Client == nil {
		o.Client = outgoing.New(outgoing.Options{})
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	return o
}

// Providers are those a project has set up.
type Providers struct {
	names []string
	by    map[string]*Provider
}

// Names lists them in the order of the settings.
func (p *Providers) Names() []string { return slices.Clone(p.names) }

// Get finds one by name.
func (p *Providers) Get(name string) (*Provider, bool) {
	one, ok := p.by[name]
	return one, ok
}

// New checks the settings. It asks nobody: what a provider says of itself is fetched when it is first needed, kept, and fetched
// again from time to time.
func New(settings []Settings, o Options) (*Providers, error) {
	o = o.filled()
	out := &Providers{by: map[string]*Provider{}}
	for _, s := range settings {
		p, err := newProvider(s, o)
		if err != nil {
			return nil, fmt.Errorf("auth.providers.%s: %w", s.Name, err)
		}
		if out.by[s.Name] != nil {
			return nil, fmt.Errorf("auth.providers.%s: is there twice", s.Name)
		}
		out.names, out.by[s.Name] = append(out.names, s.Name), p
	}
	return out, nil
}

var (
	nameForm  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	scopeForm = regexp.MustCompile(`^[!#-\[\]-~]+$`) // RFC 6749, 3.3
)

func newProvider(s Settings, o Options) (*Provider, error) {
	if !nameForm.MatchString(s.Name) {
		return nil, fmt.Errorf("a name has small letters, digits, _ and -, and begins with a letter")
	}
	p := &Provider{name: s.Name, kind: presets[s.Name], ids: list(s.ClientID), secret: s.ClientSecret, settings: s,
		get: getter{o.Client}, clock: o.Clock}
	if len(p.ids) == 0 {
		return nil, fmt.Errorf("client_id is missing")
	}
	for _, scope := range s.Scopes {
		if !scopeForm.MatchString(scope) {
			return nil, fmt.Errorf("scopes: %q is not a scope", scope)
		}
	}
	if err := p.settle(); err != nil {
		return nil, err
	}
	if p.kind.signed {
		if err := p.readSigner(); err != nil {
			return nil, err
		}
	}
	if !p.oidc() {
		return p, nil
	}
	p.document = newCached(o.Clock, func(ctx context.Context) (*document, error) { return discover(ctx, p.get, p.place, p.issuer) })
	p.keys = newKeySet(o.Clock, p.get, func(ctx context.Context) (string, error) {
		d, err := p.document.get(ctx)
		if err != nil {
			return "", err
		}
		return d.Keys, nil
	})
	return p, nil
}

// settle decides where the provider is: an issuer to be discovered, or three addresses.
func (p *Provider) settle() error {
	s := p.settings
	p.place, p.issuer = first(s.Issuer, p.kind.issuer), first(s.Issuer, p.kind.issuer)
	p.fixed = document{Authorize: first(s.AuthURL, p.kind.fixed.Authorize), Token: first(s.TokenURL, p.kind.fixed.Token),
		UserInfo: first(s.UserURL, p.kind.fixed.UserInfo)}
	if p.kind.directories {
		if err := p.settleDirectory(); err != nil {
			return err
		}
	} else if s.Tenant != "" {
		return fmt.Errorf("tenant is for azure and microsoft")
	}
	switch {
	case p.kind.profile != nil, p.issuer == "" && s.AuthURL+s.TokenURL+s.UserURL != "":
		p.issuer = ""
		return p.checkFixed()
	case p.issuer == "":
		return fmt.Errorf("this name is not a preset: add issuer (OpenID Connect), or auth_url, token_url and user_url (OAuth 2)")
	case s.AuthURL+s.TokenURL+s.UserURL != "":
		return fmt.Errorf("auth_url, token_url and user_url are for OAuth 2; an issuer tells its own")
	case !trustworthy(p.place, p.place):
		return fmt.Errorf("issuer must be an https address")
	}
	return nil
}

func (p *Provider) checkFixed() error {
	if p.settings.Issuer != "" {
		return fmt.Errorf("issuer is for OpenID Connect; for a server of your own give auth_url, token_url and user_url")
	}
	for _, one := range []struct{ name, address string }{
		{"auth_url", p.fixed.Authorize}, {"token_url", p.fixed.Token}, {"user_url", p.fixed.UserInfo}} {
		if !trustworthy(one.address, one.address) {
			return fmt.Errorf("%s must be an https address", one.name)
		}
	}
	if p.kind.profile == nil {
		p.kind.profile = described
	}
	return nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// list splits at commas.
func list(text string) []string {
	var out []string
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}
