package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/config"
)

type keysCommand struct {
	Show   showKeys   `cmd:"" default:"withargs" help:"Print the keys."`
	Rotate rotateKeys `cmd:"" help:"Replace the keys (not part of this version)."`
}

type rotateKeys struct{ place }

// Run refuses: running servers and sessions must learn of new keys before the old ones end.
func (*rotateKeys) Run(*session) error {
	return usage{fmt.Errorf("`socle keys rotate` is not part of this version; the keys were left as they are")}
}

type showKeys struct {
	place
	Format string `help:"Form of the output: text, json or env." enum:"text,json,env" default:"text"`
	Prefix string `help:"With --format env: a prefix of the names, such as VITE_; the secret key is left out then." placeholder:"P"`
}

// Run prints the keys; it needs no lock and works beside a running server.
func (c *showKeys) Run(s *session) error {
	k, err := c.keySet(s)
	if err != nil {
		return err
	}
	switch c.Format {
	case "json":
		raw, err := json.Marshal(struct {
			Publishable string `json:"publishable"`
			Secret      string `json:"secret"`
		}{k.Publishable, k.Secret})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, string(raw))
	case "env":
		fmt.Fprintf(s.out, "%sSOCLE_PUBLISHABLE_KEY=%s\n", c.Prefix, k.Publishable)
		if c.Prefix == "" {
			fmt.Fprintf(s.out, "SOCLE_SECRET_KEY=%s\n", k.Secret)
		}
	default:
		fmt.Fprintf(s.out, "publishable  %s\nsecret       %s\n", k.Publishable, k.Secret)
	}
	return nil
}

// keySet reads the keys of a project's data directory, made on first use.
func (p *place) keySet(s *session) (*auth.Keys, error) {
	if err := p.exists(); err != nil {
		return nil, err
	}
	return auth.Load(p.data(), s.keySet(), s.clock)
}

type tokenCommand struct {
	place
	Sub    string        `required:"" help:"Whose token: a uuid." placeholder:"UUID"`
	Role   string        `help:"authenticated or anon." default:"authenticated"`
	Claims string        `help:"Further claims, a JSON object: email, aal, app_metadata, or the project's own." placeholder:"JSON"`
	TTL    time.Duration `name:"ttl" help:"How long it holds." default:"1h"`
}

// Run prints a token; it needs no lock and works beside a running server.
func (c *tokenCommand) Run(s *session) error {
	keys, err := c.keySet(s)
	if err != nil {
		return err
	}
	settings, problems := config.Load(os.DirFS(c.Dir), c.env(s))
	if settings == nil {
		return invalid(c.Dir, problems)
	}
	grant := auth.Grant{Sub: c.Sub, Role: c.Role, TTL: c.TTL}
	if c.Claims != "" {
		if err := json.Unmarshal([]byte(c.Claims), &grant.Claims); err != nil || grant.Claims == nil {
			return usage{fmt.Errorf("--claims is not a JSON object")}
		}
	}
	if c.TTL <= 0 {
		return usage{fmt.Errorf("--ttl is not above zero")}
	}
	token, err := auth.NewTokens(keys, auth.Issuer(settings.PublicURL), s.clock).Issue(grant)
	if err != nil {
		return usage{err}
	}
	fmt.Fprintln(s.out, token)
	return nil
}

type versionCommand struct{}

// Run prints what was built.
func (versionCommand) Run(s *session) error {
	text := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		text = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				text += " " + setting.Value[:12]
			}
		}
	}
	_, err := fmt.Fprintln(s.out, "socle", text)
	return err
}
