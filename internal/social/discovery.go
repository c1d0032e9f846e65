package social

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"slices"

	"golang.org/x/oauth2"
)

// directoryTemplate stands in Microsoft's documents for the directory a user belongs to.
const directoryTemplate = "{tenantid}"

// document is what OpenID Connect Discovery 1.0 tells of a provider, as far as it is used; of an OAuth 2 provider, what its
// settings say.
type document struct {
	Issuer      string   `json:"issuer"`
	Authorize   string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	UserInfo    string   `json:"userinfo_endpoint"`
	Keys        string   `json:"jwks_uri"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
}

// discover reads the document at address, which must be of issuer.
func discover(ctx context.Context, get getter, address, issuer string) (*document, error) {
	raw, err := get.bytes(ctx, join(address, "/.well-known/openid-configuration"), "")
	if err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, errors.New("its discovery document cannot be read")
	}
	if d.Issuer != issuer {
		return nil, errors.New("its discovery document is of another issuer")
	}
	for _, endpoint := range []string{d.Authorize, d.Token, d.UserInfo, d.Keys} {
		if endpoint != "" && !trustworthy(endpoint, address) {
			return nil, errors.New("its discovery document names an address that is not https")
		}
	}
	if d.Keys == "" {
		return nil, errors.New("its discovery document names no keys")
	}
	return &d, nil
}

// algorithms are those both sides allow; where the document is silent, the one that every provider has.
func (d *document) algorithms() []string {
	if len(d.Algorithms) == 0 {
		return []string{"RS256"}
	}
	return slices.DeleteFunc(slices.Clone(d.Algorithms), func(a string) bool { return !slices.Contains(asymmetric, a) })
}

// style is how the client's secret travels: by HTTP Basic unless the document names only the body.
func (d *document) style() oauth2.AuthStyle {
	if len(d.AuthMethods) == 0 || slices.Contains(d.AuthMethods, "client_secret_basic") {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}

// trustworthy reports whether address is https; plain http is for an issuer that is itself on this machine.
func trustworthy(address, issuer string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && local(u) && plain(issuer)
}

func plain(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Scheme == "http" && local(u)
}

func local(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}
