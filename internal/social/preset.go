package social

import (
	"context"
	"net/url"
)

// preset is what is known of a provider beforehand; the zero preset is any OpenID Connect issuer.
type preset struct {
	issuer     string
	fixed      document // OAuth 2: its endpoints
	scopes     []string // nil: openid email profile
	algorithms []string // of ID tokens; nil: those of the discovery document that are allowed
	mode       string   // response_mode
	tokenOnly  bool     // its ID token says everything, or its user info says less than it should

	directories bool // Microsoft's tenants
	signed      bool // Apple's client secret

	refine  func(claims)                                                          // its own claims → the standard ones
	posted  func(claims, url.Values)                                              // what the browser's form adds, which nobody vouches for
	profile func(ctx context.Context, p *Provider, access string) (claims, error) // OAuth 2: the user in standard claims
}

var presets = map[string]preset{
	"google":     {issuer: "https://accounts.google.com", algorithms: []string{"RS256"}},
	"gitlab":     {issuer: "https://gitlab.com", algorithms: []string{"RS256"}},
	"slack_oidc": {issuer: "https://slack.com", algorithms: []string{"RS256"}},
	"apple": {issuer: "https://appleid.apple.com", algorithms: []string{"RS256", "ES256"}, scopes: []string{"openid", "email", "name"},
		mode: "form_post", tokenOnly: true, signed: true, posted: appleName},
	"azure":     microsoft,
	"microsoft": microsoft,
	"github": {scopes: []string{"user:email"}, profile: github, fixed: document{Authorize: "https://github.com/login/oauth/authorize",
		Token: "https://github.com/login/oauth/access_token", UserInfo: "https://api.github.com/user"}},
	"discord": {scopes: []string{"identify", "email"}, profile: discord, fixed: document{Authorize: "https://discord.com/oauth2/authorize",
		Token: "https://discord.com/api/oauth2/token", UserInfo: "https://discord.com/api/users/@me"}},
}
