package auth

import (
	"encoding/json"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

// JWKS is the document of the keys with which others verify tokens (RFC 7517), the current one first. Keys of HS256 are never
// in it.
func (t *Tokens) JWKS() []byte {
	set := struct {
		Keys []jwk.Key `json:"keys"`
	}{[]jwk.Key{}}
	for _, k := range t.keys.Current().signing {
		if k.public != nil {
			set.Keys = append(set.Keys, k.public)
		}
	}
	raw, _ := json.Marshal(set) // public keys have nothing that is not JSON
	return raw
}

// Discovery is the document by which others find the keys (OpenID Connect Discovery), with the endpoints that exist. publicURL
// is the project's; without one its addresses are paths.
func (t *Tokens) Discovery(publicURL string) []byte {
	base := publicURL + "/auth/v1"
	raw, _ := json.Marshal(struct { // texts alone
		Issuer        string   `json:"issuer"`
		Authorization string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		JWKS          string   `json:"jwks_uri"`
		UserInfo      string   `json:"userinfo_endpoint"`
		ResponseTypes []string `json:"response_types_supported"`
		GrantTypes    []string `json:"grant_types_supported"`
		SubjectTypes  []string `json:"subject_types_supported"`
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
		Challenges    []string `json:"code_challenge_methods_supported"`
	}{
		Issuer: t.issuer, Authorization: base + "/authorize", Token: base + "/token", JWKS: base + "/.well-known/jwks.json", UserInfo: base + "/user",
		ResponseTypes: []string{"code"}, GrantTypes: []string{"pkce", "password", "refresh_token", "id_token"},
		SubjectTypes: []string{"public"}, Algorithms: []string{t.keys.Current().Algorithm()}, Challenges: []string{"S256"},
	})
	return raw
}
