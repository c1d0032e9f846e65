package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// Misbehaviour is one way in which an Issuer does not do what it should.
type Misbehaviour int

// What an Issuer can be told to do wrong.
const (
	WrongIssuer        Misbehaviour = iota // its tokens are of another issuer
	WrongAudience                          // … made for another client
	OtherParty                             // … made for several, and issued to another
	WrongNonce                             // … answer another sign-in
	NoNonce                                // … answer none
	Expired                                // … are over since an hour
	NotYetValid                            // … begin in an hour
	NoTimes                                // … do not say when
	NoSubject                              // … name nobody
	AlgNone                                // … are not signed
	AlgHMAC                                // … are signed with the public key as if it were a secret
	UnknownKey                             // … name a key that is not published
	ForeignKey                             // … name a published key, and are signed with another
	SwappedKeys                            // … say ES256 beside the id of an RSA key
	OwnKey                                 // … bring the key they are signed with
	Critical                               // … have an extension that must be understood
	WrongAccessHash                        // … belong to another access token
	LogoutToken                            // … are of another kind
	GiantToken                             // … have more than 16 KiB
	UnverifiedEmail                        // … say so
	NoEmailVerified                        // … do not say whether
	UserinfoOfAnother                      // user info is of another subject
	NoIDToken                              // the token endpoint gives no ID token
	Denies                                 // the user says no
	SlowToken                              // the token endpoint hangs until the test ends or the caller is gone
	DiscoveryIssuer                        // the discovery document is of another issuer
	DiscoveryElsewhere                     // … names keys at an address that is not https
	DiscoveryAllowsAll                     // … says none and HS256 are fine
	GiantBody                              // every answer has 4 MiB
	RedirectLoop                           // every answer leads in a circle
	Down                                   // every answer is 503
)

// Misbehave adds to what the issuer does wrong, until Behave.
func (i *Issuer) Misbehave(how ...Misbehaviour) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range how {
		i.behave[m] = true
	}
}

// Behave ends all misbehaviour.
func (i *Issuer) Behave() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.behave)
}

func (i *Issuer) is(m Misbehaviour) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.behave[m]
}

// signing are the keys of all issuers of the process: two of the provider's, a third that nobody publishes, and the RSA key that
// comes with Rotate.
var signing = sync.OnceValue(func() (k struct {
	rsa, rotated *rsa.PrivateKey
	ec, foreign  *ecdsa.PrivateKey
}) {
	k.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	k.rotated, _ = rsa.GenerateKey(rand.Reader, 2048)
	k.ec, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.foreign, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return k
})

// Rotate replaces the key "rsa" by one named "rotated"; tokens from now on are signed with it.
func (i *Issuer) Rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.retired = true
}

func (i *Issuer) rotated() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.retired
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	k := signing()
	named := map[string]any{"ec": &k.ec.PublicKey}
	if i.rotated() {
		named["rotated"] = &k.rotated.PublicKey
	} else {
		named["rsa"] = &k.rsa.PublicKey
	}
	set := []any{map[string]any{"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}, map[string]any{"kty": "future", "kid": "x"}}
	for id, public := range named {
		one, _ := jwk.Import(public)
		_ = one.Set(jwk.KeyIDKey, id)
		_ = one.Set(jwk.KeyUsageKey, "sig")
		set = append(set, one)
	}
	answer(w, http.StatusOK, map[string]any{"keys": set})
}

// user is who signs in: Ann, or what Next made of her.
func (i *Issuer) user() map[string]any {
	user := map[string]any{"sub": "248289761001", "name": "Ann Lee", "given_name": "Ann", "family_name": "Lee",
		"preferred_username": "ann", "email": "ann@example.org", "email_verified": true, "picture": "https://img.example.org/ann.png"}
	i.mu.Lock()
	change := i.next
	i.mu.Unlock()
	if change != nil {
		change(user)
	}
	return user
}

// claims are an ID token's: the user's own go over the usual ones, misbehaviour over both.
func (i *Issuer) claims(user map[string]any, nonce, access string) map[string]any {
	now := i.Clock.Now()
	c := map[string]any{"iss": i.URL, "aud": i.ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	if nonce != "" {
		c["nonce"] = nonce
	}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		c["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	maps.Copy(c, user)
	delete(c, "userinfo")
	hour := int64(time.Hour / time.Second)
	for m, change := range map[Misbehaviour]func(){
		WrongIssuer:     func() { c["iss"] = "https://accounts.example.org" },
		WrongAudience:   func() { c["aud"] = "another-client" },
		OtherParty:      func() { c["aud"], c["azp"] = []string{i.ClientID, "another-client"}, "another-client" },
		WrongNonce:      func() { c["nonce"] = "another-nonce" },
		NoNonce:         func() { delete(c, "nonce") },
		Expired:         func() { c["iat"], c["exp"] = now.Unix()-2*hour, now.Unix()-hour },
		NotYetValid:     func() { c["iat"], c["exp"] = now.Unix()+hour, now.Unix()+2*hour },
		NoTimes:         func() { delete(c, "exp") },
		NoSubject:       func() { delete(c, "sub") },
		WrongAccessHash: func() { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
		UnverifiedEmail: func() { c["email_verified"] = false },
		NoEmailVerified: func() { delete(c, "email_verified") },
		GiantToken:      func() { c["filler"] = random() + string(make([]byte, 4<<10)) },
	} {
		if i.is(m) {
			change()
		}
	}
	return c
}

// Token is a signed token for whoever Next describes: for sign-in by ID token (nonce as it shall stand in the token), and, with
// an audience set by change, for the data API.
func (i *Issuer) Token(nonce string, change func(claims map[string]any)) string {
	c := i.claims(i.user(), nonce, "")
	if change != nil {
		change(c)
	}
	return i.signed(c)
}

// Sign signs claims exactly as they are, by RS256 or ES256.
func (i *Issuer) Sign(algorithm string, c map[string]any) string {
	if algorithm == "ES256" {
		return sign(jwa.ES256(), signing().ec, map[string]any{"kid": "ec", "typ": "JWT"}, c)
	}
	if i.rotated() {
		return sign(jwa.RS256(), signing().rotated, map[string]any{"kid": "rotated", "typ": "JWT"}, c)
	}
	return sign(jwa.RS256(), signing().rsa, map[string]any{"kid": "rsa", "typ": "JWT"}, c)
}

// signed signs as the issuer behaves.
func (i *Issuer) signed(c map[string]any) string {
	k := signing()
	switch {
	case i.is(AlgNone):
		return segment(map[string]any{"alg": "none"}) + "." + segment(c) + "."
	case i.is(AlgHMAC):
		der, _ := x509.MarshalPKIXPublicKey(&k.rsa.PublicKey)
		public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		return sign(jwa.HS256(), public, map[string]any{"kid": "rsa"}, c)
	case i.is(UnknownKey):
		return sign(jwa.ES256(), k.foreign, map[string]any{"kid": "nobody"}, c)
	case i.is(ForeignKey):
		return sign(jwa.ES256(), k.foreign, map[string]any{"kid": "ec"}, c)
	case i.is(SwappedKeys):
		return sign(jwa.ES256(), k.ec, map[string]any{"kid": "rsa"}, c)
	case i.is(OwnKey):
		own, _ := jwk.Import(&k.foreign.PublicKey)
		return sign(jwa.ES256(), k.foreign, map[string]any{"kid": "ec", "jwk": own}, c)
	case i.is(Critical):
		return segment(map[string]any{"alg": "ES256", "kid": "ec", "crit": []string{"exp"}}) + "." + segment(c) + ".AAAA"
	case i.is(LogoutToken):
		return sign(jwa.ES256(), k.ec, map[string]any{"kid": "ec", "typ": "logout+jwt"}, c)
	}
	return i.Sign("RS256", c)
}

func sign(algorithm jwa.SignatureAlgorithm, key any, header, c map[string]any) string {
	h := jws.NewHeaders()
	for name, value := range header {
		_ = h.Set(name, value)
	}
	payload, _ := json.Marshal(c)
	out, err := jws.Sign(payload, jws.WithKey(algorithm, key, jws.WithProtectedHeaders(h)))
	if err != nil {
		return ""
	}
	return string(out)
}

func segment(v any) string {
	raw, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func random() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
