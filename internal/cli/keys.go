package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/config"
)

type keysCommand struct {
	Show   showKeys   `cmd:"" default:"withargs" help:"Print the keys."`
	Rotate rotateKeys `cmd:"" help:"Replace the keys."`
}

type rotateKeys struct {
	place
	Only      string `help:"Which: ${enum}." enum:"all,publishable,secret,signing" default:"all" placeholder:"KEY"`
	Algorithm string `help:"What tokens are signed with: ES256, RS256 or HS256 (default: as before)." enum:",ES256,RS256,HS256" default:"" placeholder:"NAME"`
	Revoke    bool   `help:"End the tokens that were signed before at once; without it they hold until they expire."`
}

// Run replaces keys and prints those that hold now.
func (c *rotateKeys) Run(s *session) error {
	if err := c.exists(); err != nil {
		return err
	}
	if s.keySet() != "" {
		return usage{fmt.Errorf("the key set comes from SOCLE_KEYS, which cannot be changed from here; nothing was replaced")}
	}
	which := func(name string) bool { return c.Only == "all" || c.Only == name }
	if c.Revoke && !which("signing") {
		return usage{fmt.Errorf("--revoke is about tokens: it does not go with --only %s", c.Only)}
	}
	if c.Algorithm != "" && !which("signing") {
		return usage{fmt.Errorf("--algorithm is about the key that signs tokens: it does not go with --only %s", c.Only)}
	}
	k, err := auth.Rotate(c.data(), auth.Rotation{Publishable: which("publishable"), Secret: which("secret"), Signing: which("signing"),
		Algorithm: c.Algorithm, Revoke: c.Revoke}, s.clock)
	if errors.Is(err, fs.ErrNotExist) {
		return usage{fmt.Errorf("%s has no key set to replace keys of; `socle keys` makes one", c.data())}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "publishable  %s\nsecret       %s\n", k.Publishable, k.Secret)
	fmt.Fprintln(s.err, "servers that run with this data directory take the new keys up within a second; other nodes need the same file keys")
	return nil
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
	Sub    string        `required:"" help:"Whose token: a uuid, or the e-mail address of an account." placeholder:"UUID"`
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
	if c.TTL <= 0 {
		return usage{fmt.Errorf("--ttl is not above zero")}
	}
	who, err := s.account(&c.place, c.Sub)
	if err != nil {
		return err
	}
	grant, err := who.Grant([]byte(c.Claims))
	if err != nil {
		return usage{fmt.Errorf("--claims: %w", err)}
	}
	grant.Role, grant.TTL = c.Role, c.TTL
	token, err := auth.NewTokens(keys, auth.Issuer(settings.PublicURL), s.clock).Issue(grant)
	if err != nil {
		return usage{err}
	}
	fmt.Fprintln(s.out, token)
	return nil
}

// account is who a uuid or the e-mail address of an account means. A uuid need not be an account's, and no database is looked at.
func (s *session) account(p *place, name string) (app.Known, error) {
	if !strings.Contains(name, "@") {
		return app.Known{UID: name}, nil
	}
	who, err := app.AccountOf(s.ctx, p.options(s, slog.New(slog.DiscardHandler), false), name)
	var none *app.NoAccount
	if errors.As(err, &none) {
		return who, usage{fmt.Errorf("%w; a uuid need not be an account's", err)}
	}
	return who, err
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
