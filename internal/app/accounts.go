package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/front/accounts"
	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/outgoing"
	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/sms"
	"github.com/socle-hq/socle/internal/social"
)

// inboxKept is how many messages the inbox of dev keeps.
const inboxKept = 200

// shared is what the accounts of one version after another have in common.
type shared struct {
	hasher *password.Hasher
	ended  *auth.Ended
	inbox  *mail.Inbox // dev alone
}

func newShared(o Options) shared {
	s := shared{hasher: password.New(password.Options{Random: o.Clock.Random()}), ended: auth.NewEnded(o.Clock)}
	if o.Dev {
		s.inbox = mail.NewInbox(inboxKept)
		s.inbox.OnMessage(func(m mail.Message) {
			o.Log.Info("mail", announced(m)...)
		})
	}
	return s
}

// announced is what the log of dev says of a message: to whom, and what to follow or enter where it has that.
func announced(m mail.Message) []any {
	line := []any{"to", m.To, "subject", m.Subject}
	if m.Link != "" {
		line = append(line, "link", m.Link)
	}
	if m.Code != "" {
		line = append(line, "code", m.Code)
	}
	return line
}

// page is the inbox, nil outside of dev.
func (s shared) page() http.Handler {
	if s.inbox == nil {
		return nil
	}
	return s.inbox.Handler()
}

// accountsOf makes the accounts of a project and the tokens that they sign.
func (r *Runtime) accountsOf(p *Project, e *engine.Engine) (*account.Service, *auth.Tokens, error) {
	settings := account.ReadSettings(p.Config)
	if settings.PublicURL == "" {
		settings.PublicURL = r.Local
	}
	settings.KeepHashes = r.Dev
	tokens := auth.NewTokens(r.ring, auth.Issuer(p.Config.PublicURL), r.Clock)
	tokens.Heed(r.shared.ended)
	client := outgoing.New(outgoing.Options{AllowLoopback: r.Dev || r.Loopback})
	foreign, err := social.NewIssuers(issuers(p.Config.Auth), social.Options{Client: client, Clock: r.Clock})
	if err != nil {
		return nil, nil, fmt.Errorf("auth.issuers: %w", err)
	}
	tokens.Accept(foreign)
	providers, err := social.New(providers(p.Config.Auth), social.Options{Client: client, Clock: r.Clock})
	if err != nil {
		return nil, nil, fmt.Errorf("auth.providers: %w", err)
	}
	if list := p.Config.Auth.Text("password.breach_list", ""); list != "" {
		if !filepath.IsAbs(list) {
			list = filepath.Join(p.Dir, list)
		}
		if settings.Rules.Breached, err = password.OpenList(list); err != nil {
			return nil, nil, fmt.Errorf("auth.password.breach_list: %w", err)
		}
	}
	sender, err := r.sender(p.Config)
	if err != nil {
		return nil, nil, err
	}
	texts, err := r.texts(p.Config.Auth)
	if err != nil {
		return nil, nil, err
	}
	svc, err := account.New(account.Config{Book: records.New(e), Tokens: tokens, Keys: r.Keys, Ended: r.shared.ended, Settings: settings,
		Hasher: r.shared.hasher, Templates: p.Mail, Sender: sender, Texts: texts, Providers: providers, Party: r.party(p, settings), Hook: r.hookOf(p), Clock: r.Clock, Log: r.Log,
		Guard: func(task string, f func()) { guard(r.Log, task, f) }})
	if err != nil {
		return nil, nil, err
	}
	tokens.Consult(svc.Sure)
	return svc, tokens, nil
}

// sender is how messages leave: by the project's mail server; in dev they stay in the inbox. nil where they cannot.
func (r *Runtime) sender(c *config.Config) (mail.Sender, error) {
	server := c.Mail.Text("smtp", "")
	switch {
	case r.shared.inbox != nil:
		return r.shared.inbox, nil
	case server == "":
		return nil, nil
	}
	options := []mail.Option{mail.WithClock(r.Clock)}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		options = append(options, mail.WithHost(u.Hostname()))
	}
	s, err := mail.NewSMTP(server, c.Mail.Text("from", ""), options...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return s, nil
}

// texts is the webhook through which codes reach phones, nil where the project has none.
func (r *Runtime) texts(auth config.Section) (*sms.Webhook, error) {
	address := auth.Text("sms.webhook", "")
	if address == "" {
		return nil, nil
	}
	w, err := sms.New(address, auth.Text("sms.secret", ""), outgoing.New(outgoing.Options{AllowLoopback: r.Dev || r.Loopback}), r.Clock)
	if err != nil {
		return nil, fmt.Errorf("auth.sms: %w", err)
	}
	return w, nil
}

// party is the site of the project's passkeys, nil where they are off or the project has no address that they could be of.
func (r *Runtime) party(p *Project, s account.Settings) *passkey.Party {
	if !s.Passkey || s.PublicURL == "" {
		return nil
	}
	home := strings.Replace(s.PublicURL, "http://127.0.0.1", "http://localhost", 1) // browsers know this machine by that name alone
	var origins []string
	for _, o := range p.Config.CORS {
		if o != "*" {
			origins = append(origins, o)
		}
	}
	party, err := passkey.NewParty(p.Config.Name, home, origins)
	if err != nil {
		r.Log.Warn("passkeys are off", "reason", err)
		return nil
	}
	return party.WithClock(r.Clock)
}

// relatedOrigins is the document about other domains that may use the site's passkeys, nil where there are none.
func relatedOrigins(site *passkey.Party) []byte {
	if site == nil {
		return nil
	}
	return site.RelatedOrigins()
}

// frontOf is /auth/v1 of a version.
func (r *Runtime) frontOf(p *Project, svc *account.Service, gate *auth.Gate) (http.Handler, error) {
	return accounts.New(accounts.Config{Accounts: svc, Gate: gate, Tokens: svc.Tokens, Rates: accounts.RatesOf(p.Config.Auth.Sub("limits")), Clock: r.Clock, Log: r.Log,
		Proxies: int(p.Config.Proxies), Noted: httpapi.Noted, Door: accountsDoor(p.Config.Limits, r.Clock)})
}

// tend does what accounts need beside the requests, in place of what it did for the version before. It ends when no message is under
// way any more.
func (r *Runtime) tend(svc *account.Service) {
	ctx, cancel := context.WithCancel(context.Background())
	delivered := make(chan struct{})
	var stop context.CancelFunc = func() { cancel(); <-delivered }
	svc.Remember(ctx)
	Go(r.Log, "mail", func() {
		defer close(delivered)
		svc.Deliver(ctx)
	})
	Go(r.Log, "sessions", func() { svc.Follow(ctx) })
	Go(r.Log, "accounts", func() { svc.Sweep(ctx) })
	Go(r.Log, "keys", func() { r.renew(ctx) })
	if before := r.resting.Swap(&stop); before != nil {
		(*before)()
	}
}

// providers are the section auth.providers.
func providers(auth config.Section) (out []social.Settings) {
	section := auth.Sub("providers")
	for _, name := range section.Keys() {
		s := section.Sub(name)
		out = append(out, social.Settings{Name: name, ClientID: s.Text("client_id", ""), ClientSecret: s.Text("client_secret", ""),
			Issuer: s.Text("issuer", ""), Scopes: s.List("scopes"), Tenant: s.Text("tenant", ""), TeamID: s.Text("team_id", ""), KeyID: s.Text("key_id", ""),
			AuthURL: s.Text("auth_url", ""), TokenURL: s.Text("token_url", ""), UserURL: s.Text("user_url", "")})
	}
	return out
}

// issuers are the section auth.issuers.
func issuers(auth config.Section) (out []social.IssuerSettings) {
	for _, s := range auth.Items("issuers") {
		out = append(out, social.IssuerSettings{Issuer: s.Text("issuer", ""), Audience: s.Text("audience", ""), JWKS: s.Text("jwks", ""),
			Algorithms: s.List("algorithms"), Rules: s.Texts("rules")})
	}
	return out
}
