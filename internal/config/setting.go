package config

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// setting says what one key of socle.yaml may hold: a scalar of a form, or, with keys, a mapping.
type setting struct {
	form form
	keys map[string]setting
	any  *setting // mapping with keys of the project's choice
	item *setting // list of mappings
}

// form checks a scalar's text; "" means right, otherwise what it should have been. list takes the items one by one.
type form struct {
	name  string
	wrong func(string) string
	list  bool
	taken func(raw string) string // checks the text as written, before substitution: secrets
	fills bool                    // ${NAME} is replaced in flags and variables too, where a password would be seen by others
}

func section(keys map[string]setting) setting { return setting{keys: keys} }

func one(f form) setting { return setting{form: f} }

var (
	text     = form{name: "text", wrong: func(string) string { return "" }}
	boolean  = form{name: "boolean", wrong: oneOf("true", "false")}
	number   = form{name: "number", wrong: wrongNumber}
	size     = form{name: "size", wrong: wrongSize}
	duration = form{name: "duration", wrong: wrongDuration}
	positive = form{name: "positive duration", wrong: wrongPositive}
	texts    = form{name: "list", wrong: text.wrong, list: true}
	origins  = form{name: "list", wrong: wrongOrigin, list: true}
	address  = form{name: "address", wrong: wrongAddress}
	storage  = form{name: "database", wrong: wrongDatabase, taken: literalPassword, fills: true}
	replicas = form{name: "list", wrong: wrongServer, list: true, taken: literalPassword, fills: true}
	mailer   = form{name: "mail server", wrong: text.wrong, taken: literalPassword}
	callee   = form{name: "address", wrong: wrongCallee}
	secret   = form{name: "secret", wrong: text.wrong, taken: literalSecret}
)

// project is everything socle.yaml may hold.
var project = section(map[string]setting{
	"name":              one(form{name: "name", wrong: wrongName}),
	"public_url":        one(address),
	"database":          one(storage),
	"database_replicas": one(replicas),
	"database_pool":     one(number),
	"cors":              one(origins),
	"proxies":           one(number),
	"rest":              section(map[string]setting{"rollback": one(boolean)}),
	"graphql":           section(map[string]setting{"introspection": one(boolean)}),
	"limits": section(map[string]setting{
		"body": one(size), "response": one(size), "url_length": one(size), "rows": one(number), "statements": one(number), "cost": one(number),
		"embed_depth": one(number), "logic_depth": one(number), "in_items": one(number),
		"select_items": one(number), "bulk_rows": one(number), "written_rows": one(number), "statement_timeout": one(positive),
		"waiting": one(number), "wait": one(positive), "held": one(size),
	}),
	"auth": section(map[string]setting{
		"sign_up": one(boolean), "confirm_email": one(boolean), "anonymous": one(boolean), "redirects": one(texts), "linking": one(boolean),
		"anonymous_ttl": one(duration), "audit_ttl": one(duration),
		"sms":      section(map[string]setting{"webhook": one(callee), "secret": one(secret)}),
		"password": section(map[string]setting{"min": one(number), "breach_list": one(text), "reauthenticate": one(boolean)}),
		"session": section(map[string]setting{"access_ttl": one(positive), "refresh_reuse": one(duration),
			"idle": one(duration), "max": one(duration)}),
		"mfa":       section(map[string]setting{"totp": one(boolean), "passkeys": one(boolean)}),
		"providers": {any: &provider},
		"issuers":   {item: &issuer},
		"hooks":     {any: &hook},
		"limits": section(map[string]setting{"sign_in": one(number), "refresh": one(number), "send": one(number),
			"account": one(number), "mailbox": one(number)}),
	}),
	"namespaces": {any: &namespace},
	"mail":       section(map[string]setting{"smtp": one(mailer), "from": one(text)}),
})

var (
	provider = section(map[string]setting{"client_id": one(text), "client_secret": one(secret), "issuer": one(address), "scopes": one(texts),
		"tenant": one(text), "team_id": one(text), "key_id": one(text),
		"auth_url": one(address), "token_url": one(address), "user_url": one(address)})
	issuer = section(map[string]setting{"issuer": one(address), "audience": one(text), "jwks": one(address), "algorithms": one(texts),
		"rules": {any: &rule}})
	rule = one(text)
	hook = one(text)

	namespace = section(map[string]setting{"name": one(text)})
)

func oneOf(values ...string) func(string) string {
	return func(s string) string {
		for _, v := range values {
			if s == v {
				return ""
			}
		}
		return strings.Join(values, " or ")
	}
}

func wrongName(s string) string {
	if s == "" || len(s) > 63 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' }) {
		return "a name of 1 to 63 bytes"
	}
	return ""
}

func wrongNumber(s string) string {
	if n, err := strconv.ParseInt(s, 10, 32); err != nil || n < 1 {
		return "a whole number from 1"
	}
	return ""
}

func wrongSize(s string) string {
	if n, ok := parseSize(s); !ok || n < 1 {
		return "a size such as 10MiB or 65536"
	}
	return ""
}

var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}

// parseSize reads bytes with an optional unit; at most 1 TiB.
func parseSize(s string) (int64, bool) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > (1<<40)/u.bytes {
			return 0, false
		}
		return n * u.bytes, true
	}
	return 0, false
}

func wrongDuration(s string) string {
	if d, ok := parseDuration(s); !ok || d < 0 {
		return "a duration such as 500ms, 10s, 1h or 30d"
	}
	return ""
}

func wrongPositive(s string) string {
	if d, ok := parseDuration(s); !ok || d <= 0 {
		return "a duration above zero such as 500ms, 10s, 1h or 30d"
	}
	return ""
}

// parseDuration reads Go's form and whole days: 30d.
func parseDuration(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 32)
		if err != nil || n > 36500 || n < 0 {
			return 0, false
		}
		return time.Duration(n) * 24 * time.Hour, true
	}
	d, err := time.ParseDuration(s)
	return d, err == nil
}

func wrongAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "an address such as https://api.example.org"
	}
	return ""
}

// wrongCallee takes an address that is called, with a query where it has one.
func wrongCallee(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return "an address such as https://sms.example.org/send"
	}
	return ""
}

func wrongOrigin(s string) string {
	if s == "*" {
		return ""
	}
	if wrong := wrongAddress(s); wrong != "" || strings.Count(s, "/") != 2 {
		return "an origin such as https://app.example.org, without a path"
	}
	return ""
}

func wrongDatabase(s string) string {
	if s == "sqlite" || wrongServer(s) == "" {
		return ""
	}
	return "sqlite or postgres://user@host/database"
}

// wrongServer takes a server's name, or ?host= with the folder of its socket.
func wrongServer(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Query().Get("host") == "" {
		return "postgres://user@host/database"
	}
	return ""
}

// literalPassword finds a password that is written out instead of taken from a variable.
func literalPassword(raw string) string {
	const stand = "FROMENV"
	u, err := url.Parse(placeholder.ReplaceAllString(raw, stand))
	if err != nil {
		if strings.Contains(raw, "@") && !placeholder.MatchString(raw) {
			return "a password"
		}
		return ""
	}
	password, _ := u.User.Password()
	for _, p := range []string{password, u.Query().Get("password")} {
		if p != "" && p != stand {
			return "a password"
		}
	}
	return ""
}

func literalSecret(raw string) string {
	if raw != "" && !placeholder.MatchString(raw) {
		return "a secret"
	}
	return ""
}
