package account

import (
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/password"
)

// Settings are what a project decides about its accounts.
type Settings struct {
	Project       string // its name, as messages say it
	PublicURL     string // where this server is reached, without a slash at the end; "" where nobody said
	SignUp        bool
	ConfirmEmail  bool
	Anonymous     bool
	Reproof       bool // a password change of a session that is not recent needs a nonce
	Rules         password.Rules
	AccessTTL     time.Duration
	Reuse         time.Duration // how long after its use a refresh token still gives the current session
	Idle, Max     time.Duration // of sessions; 0: no bound
	AnonymousTTL  time.Duration // after which anonymous accounts that nobody uses are deleted; 0: never
	AuditTTL      time.Duration // after which entries of the audit trail are removed; 0: never
	Redirects     []string      // patterns of places that links and sign-ins may end at
	TOTP, Passkey bool
	Linking       bool // whether accounts may link and unlink identities themselves
	KeepHashes    bool // passwords' hashes stay as they were brought: those of the project's files are known by them
}

// Durations that are not the project's to choose.
const (
	linkTTL      = time.Hour // links and codes by mail
	inviteTTL    = 7 * 24 * time.Hour
	flowTTL      = 10 * time.Minute // a sign-in that leads through a browser
	challengeTTL = passkey.Lifetime // five minutes at least, whichever server is asked: see auth.Apart
)

// ReadSettings reads the section auth. The breach list is opened by the caller.
func ReadSettings(c *config.Config) Settings {
	a := c.Auth
	return Settings{
		Project: c.Name, PublicURL: c.PublicURL,
		SignUp: a.Bool("sign_up", true), ConfirmEmail: a.Bool("confirm_email", true), Anonymous: a.Bool("anonymous", false),
		Rules:     password.Rules{Min: int(a.Int("password.min", 8))},
		AccessTTL: a.Duration("session.access_ttl", time.Hour), Reuse: a.Duration("session.refresh_reuse", 10*time.Second),
		Idle: a.Duration("session.idle", 30*24*time.Hour), Max: a.Duration("session.max", 0),
		AnonymousTTL: a.Duration("anonymous_ttl", 0), AuditTTL: a.Duration("audit_ttl", 0),
		Redirects: a.List("redirects"),
		Reproof:   a.Bool("password.reauthenticate", true),
		Linking:   a.Bool("linking", true),
		TOTP:      a.Bool("mfa.totp", true), Passkey: a.Bool("mfa.passkeys", true),
	}
}

// Home is where a link ends that names no place: the first redirect that is no pattern, else the server itself.
func (s Settings) Home() string {
	return s.first(func(*url.URL) bool { return true })
}

// Site is what messages name as the place of their readers. It is always of the web: what reads mail may know no app's own scheme,
// and messages that name one are not sent.
func (s Settings) Site() string {
	return s.first(func(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" })
}

// first is the first redirect that is one place which serves; else the server itself.
func (s Settings) first(serves func(*url.URL) bool) string {
	for _, r := range s.Redirects {
		u, err := url.Parse(r)
		if err == nil && u.Scheme != "" && !strings.ContainsAny(r, "* ") && !config.Runs(u.Scheme) && serves(u) {
			return r
		}
	}
	return s.PublicURL
}

// Redirect is the place to end at: the one asked for where it is allowed, otherwise Home. Nothing but the project's own list and
// its public URL allows one.
func (s Settings) Redirect(asked string) string {
	if asked != "" && s.Allows(asked) {
		return asked
	}
	return s.Home()
}

// Allows reports whether the project lets links end at a place.
func (s Settings) Allows(place string) bool {
	u, err := url.Parse(place)
	if err != nil || u.Scheme == "" || config.Runs(u.Scheme) || u.User != nil || strings.Contains(authority(place), "%") || strings.ContainsAny(place, "\\\r\n\t ") || u.Opaque != "" && u.Scheme != "mailto" && strings.Contains(place, "//") {
		return false
	}
	if s.PublicURL != "" && sameOrigin(place, s.PublicURL) {
		return true
	}
	for _, pattern := range s.Redirects {
		if fits(pattern, u) {
			return true
		}
	}
	return false
}

// authority is the host of a place as it is written: with %, other readers find other labels in it.
func authority(place string) string {
	_, rest, _ := strings.Cut(place, "//")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}

func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host) && x.Host != ""
}

// fits matches a place with a pattern: scheme and host part by part, `*` within one label or segment, `**` at the end of the path
// for everything below, and with an app's own scheme for all its places. Query and fragment of the place do not count.
func fits(pattern string, u *url.URL) bool {
	scheme, rest, ok := strings.Cut(pattern, "://")
	if !ok {
		return pattern == u.String()
	}
	if scheme = strings.ToLower(scheme); rest == "**" && scheme != "http" && scheme != "https" {
		return scheme == u.Scheme && u.Opaque == "" && below("/**", u.EscapedPath()) // an app's own scheme has no hosts of others
	}
	host, path, _ := strings.Cut(rest, "/")
	return scheme == u.Scheme && wild(strings.ToLower(host), strings.ToLower(u.Host), ".") && below("/"+path, u.EscapedPath())
}

// below matches a path. A pattern without a path allows the root alone.
func below(pattern, path string) bool {
	if path == "" {
		path = "/"
	}
	if strings.Contains(path, "/../") || strings.HasSuffix(path, "/..") || strings.Contains(strings.ToLower(path), "%2e") {
		return false
	}
	if all, ok := strings.CutSuffix(pattern, "**"); ok {
		return strings.HasPrefix(path, all) && !strings.Contains(all, "*") || strings.HasPrefix(path+"/", all)
	}
	return wild(pattern, path, "/")
}

// wild matches part by part; `*` stands for one or more characters of a part. Parts with other than ASCII match no `*`: browsers take
// some of these characters for the dot between labels.
func wild(pattern, text, sep string) bool {
	ps, ts := strings.Split(pattern, sep), strings.Split(text, sep)
	if len(ps) != len(ts) {
		return false
	}
	for i, p := range ps {
		before, after, star := strings.Cut(p, "*")
		switch {
		case !star && p != ts[i]:
			return false
		case star && (strings.ContainsFunc(ts[i], func(c rune) bool { return c > unicode.MaxASCII }) || len(ts[i]) <= len(before)+len(after) || !strings.HasPrefix(ts[i], before) || !strings.HasSuffix(ts[i], after)):
			return false
		}
	}
	return true
}
