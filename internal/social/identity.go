package social

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Identity is who somebody is at a provider.
type Identity struct {
	Provider      string // its name in the settings
	Subject       string // the user's id there, which never changes
	Email         string // as the provider writes it
	EmailVerified bool   // only where the provider says so
	Phone         string // only where the provider says that it is verified
	// Data is for user_metadata, with the names GoTrue uses. Nothing in it is proof of anything.
	Data                      map[string]any
	AccessToken, RefreshToken string // of the provider
}

const longestText = 2048 // bytes of one text taken over

// profileNames are the claims about a person (OpenID Connect Core 5.1) that are taken over as they are.
var profileNames = []string{"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
	"website", "gender", "birthdate", "zoneinfo", "locale"}

// protocolNames are claims about the token, and those that Data has in a form of its own.
var protocolNames = []string{"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "sid", "acr",
	"amr", "typ", "aio", "rh", "uti", "ver", "nonce_supported", "email", "email_verified", "phone_number", "phone_number_verified",
	"address", "updated_at", "_claim_names", "_claim_sources"}

// identity reads verified claims.
func (p *Provider) identity(c claims) (*Identity, error) {
	if p.kind.refine != nil {
		p.kind.refine(c)
	}
	subject := c.text("sub")
	if subject == "" || len(subject) > 255 || !visible(subject) {
		return nil, refuse(noSubject)
	}
	out := &Identity{Provider: p.name, Subject: subject, Email: address(c.text("email"))}
	out.EmailVerified = out.Email != "" && c.yes("email_verified")
	if phone := c.text("phone_number"); c.yes("phone_number_verified") && len(phone) <= 32 && visible(phone) {
		out.Phone = phone
	}
	out.Data = p.data(c, out)
	return out, nil
}

// data is what user_metadata says of an identity.
func (p *Provider) data(c claims, id *Identity) map[string]any {
	out := map[string]any{"iss": c.text("iss"), "sub": id.Subject, "provider_id": id.Subject,
		"email_verified": id.EmailVerified, "phone_verified": id.Phone != ""}
	put := func(text string, names ...string) {
		for _, name := range names {
			if text != "" {
				out[name] = text
			}
		}
	}
	put(id.Email, "email")
	put(id.Phone, "phone")
	for _, name := range profileNames {
		text := c.text(name)
		if len(text) > longestText || !visible(text) || slices.Contains([]string{"picture", "profile", "website"}, name) && !web(text) {
			continue
		}
		put(text, name)
		switch name {
		case "name":
			put(text, "full_name")
		case "picture":
			put(text, "avatar_url")
		case "preferred_username":
			put(text, "user_name")
		}
	}
	if custom := p.custom(c); len(custom) > 0 {
		out["custom_claims"] = custom
	}
	return out
}

// custom are the claims that are neither about the token nor part of a profile.
func (p *Provider) custom(c claims) map[string]any {
	out := map[string]any{}
	for name, value := range c {
		if !slices.Contains(protocolNames, name) && !slices.Contains(profileNames, name) {
			out[name] = value
		}
	}
	return out
}

// address is an e-mail address that looks like one, otherwise "".
func address(text string) string {
	local, domain, found := strings.Cut(text, "@")
	if !found || local == "" || domain == "" || len(text) > 320 || !visible(text) || strings.ContainsAny(text, " <>,;\"") {
		return ""
	}
	return text
}

// visible reports whether a text is UTF-8 without control characters.
func visible(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func web(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// plainID is an id that is a number or a text.
func plainID(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
