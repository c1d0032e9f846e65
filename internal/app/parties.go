package app

import (
	"strings"

	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/social"
)

// parties checks the sections auth.providers and auth.issuers, each entry by itself, so that every mistake is reported at its place.
// It asks nobody.
func parties(c *config.Config) (problems schema.Problems) {
	if c == nil { // it could not be read, which is said elsewhere
		return nil
	}
	for _, s := range providers(c.Auth) {
		_, err := social.New([]social.Settings{written(s)}, social.Options{})
		tell(&problems, err, c.Auth.Sub("providers."+s.Name), "auth.providers."+s.Name, func() schema.Pos {
			_, at := c.Auth.At("providers." + s.Name)
			return at
		})
	}
	sections := c.Auth.Items("issuers")
	for i, s := range issuers(c.Auth) {
		s.Issuer, s.JWKS = address(s.Issuer), address(s.JWKS)
		_, err := social.NewIssuers([]social.IssuerSettings{s}, social.Options{})
		tell(&problems, err, sections[i], "auth.issuers", func() schema.Pos {
			_, at := sections[i].At("issuer")
			if at.Line == 0 {
				_, at = c.Auth.At("issuers")
			}
			return at
		})
	}
	return problems
}

// tell reports a mistake at the setting that its first word names, otherwise where the entry is.
func tell(problems *schema.Problems, err error, entry config.Section, what string, otherwise func() schema.Pos) {
	if err == nil {
		return
	}
	said := err.Error()
	if _, rest, found := strings.Cut(said, ": "); found && strings.HasPrefix(said, "auth.") {
		said = rest
	}
	_, at := entry.At(strings.TrimRight(strings.SplitN(said, " ", 2)[0], ":,"))
	if at.Line == 0 {
		at = otherwise()
	}
	problems.Add(at, "", "%s: %s", what, said)
}

// written are settings as they are checked where variables were not looked up: what stands for one is taken to be right.
func written(s social.Settings) social.Settings {
	s.Issuer, s.AuthURL, s.TokenURL, s.UserURL = address(s.Issuer), address(s.AuthURL), address(s.TokenURL), address(s.UserURL)
	if strings.Contains(s.Tenant, "${") {
		s.Tenant = ""
	}
	return s
}

func address(text string) string {
	if strings.Contains(text, "${") {
		return "https://example.org"
	}
	return text
}
