package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const ann = "0190f3a1-7c5e-7000-8000-00000000000a"

func at(t time.Time) clock.Clock { return clock.Fixed(t, rand.Reader) }

func keys(t *testing.T) *auth.Keys {
	t.Helper()
	k, err := auth.Load(t.TempDir(), "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestKeysAppearOnFirstUseAndStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, err := auth.Load(dir, "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	second, err := auth.Load(dir, "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	if first.Publishable != second.Publishable || first.Secret != second.Secret || first.Fingerprint() != second.Fingerprint() {
		t.Error("the second load gave other keys")
	}
	if !strings.HasPrefix(first.Publishable, "sb_publishable_") || !strings.HasPrefix(first.Secret, "sb_secret_") {
		t.Errorf("prefixes of %q and the secret", first.Publishable)
	}
	info, err := os.Stat(filepath.Join(dir, auth.KeysFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Errorf("%d files in the data directory, want the keys alone", len(left))
	}
}

func TestProcessesThatStartTogetherAgreeOnKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	prints := make([]string, 20)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			if k, err := auth.Load(dir, "", at(noon)); err == nil {
				prints[i] = k.Fingerprint()
			}
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p == "" || p != prints[0] {
			t.Fatalf("fingerprints %q", prints)
		}
	}
}

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := auth.Load(dir, "", at(noon)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, auth.KeysFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Load(dir, "", at(noon)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
}

func TestDamagedKeysAreReportedWithoutBeingQuoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "sb_secret_abcdefghijklmnop", `{"format":9}`, `{"format":1,"secret":"sb_secret_abcdefghijklmnop"}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, auth.KeysFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Load(dir, "", at(noon)); err == nil || strings.Contains(err.Error(), "sb_secret_a") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKeysCanComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want, err := auth.Load(dir, "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := os.ReadFile(filepath.Join(dir, auth.KeysFile))
	for _, given := range []string{string(raw), base64.StdEncoding.EncodeToString(raw)} {
		got, err := auth.Load(t.TempDir(), given, at(noon))
		if err != nil || got.Fingerprint() != want.Fingerprint() {
			t.Errorf("%v", err)
		}
	}
}

func TestAnIssuedTokenIsItsActor(t *testing.T) {
	t.Parallel()
	tokens := auth.NewTokens(keys(t), "https://api.test/auth/v1", at(noon))
	token, err := tokens.Issue(auth.Grant{Sub: strings.ToUpper(ann), TTL: time.Hour, Claims: map[string]any{
		"email": "ann@example.org", "aal": "aal2", "tier": "gold", "app_metadata": map[string]any{"org": 7},
		"user_metadata": map[string]any{"role": "service_role"}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second from the cache
		a, err := tokens.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if a.Role != policy.Authenticated || a.UID != ann || a.Email != "ann@example.org" || a.AAL != "aal2" || a.Claims.Str() != `{"org":7,"tier":"gold"}` {
			t.Errorf("%+v %s", a, a.Claims.Str())
		}
	}
}

func TestATokenBeginsUnderClocksFiveMinutesApartAndEndsWithThirtySecondsOfLeeway(t *testing.T) {
	t.Parallel()
	k := keys(t)
	token, err := auth.NewTokens(k, "i", at(noon)).Issue(auth.Grant{Sub: ann, TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		when    time.Duration
		message string
	}{
		{-301 * time.Second, "JWT issued at future"}, {-300 * time.Second, ""}, {0, ""}, {90 * time.Second, ""}, {91 * time.Second, "JWT expired"},
	} {
		_, err := auth.NewTokens(k, "i", at(noon.Add(c.when))).Verify(t.Context(), token)
		if c.message == "" && err != nil || c.message != "" && (code(err) != fault.InvalidClaims || err.Error() != c.message) {
			t.Errorf("after %v: %v, want %q", c.when, err, c.message)
		}
	}
}

// moving is a clock that a test sets.
type moving struct {
	clock.Clock
	now time.Time
}

func (m *moving) Now() time.Time { return m.now }

func TestACachedTokenStillExpires(t *testing.T) {
	t.Parallel()
	m := &moving{clock.System(), noon}
	tokens := auth.NewTokens(keys(t), "i", m)
	token, _ := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Minute})
	if _, err := tokens.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	m.now = noon.Add(91 * time.Second)
	if _, err := tokens.Verify(t.Context(), token); code(err) != fault.InvalidClaims {
		t.Errorf("got %v", err)
	}
}

func TestForgedAndForeignTokensAreRefused(t *testing.T) {
	t.Parallel()
	k := keys(t)
	tokens := auth.NewTokens(k, "i", at(noon))
	good, _ := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour})
	parts := strings.Split(good, ".")
	header := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	kid := kidOf(t, parts[0])
	mac := func(h string) string {
		m := hmac.New(sha256.New, []byte(k.Publishable))
		m.Write([]byte(h + "." + parts[1]))
		return h + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	other := keys(t)
	foreign, _ := auth.NewTokens(other, "i", at(noon)).Issue(auth.Grant{Sub: ann, TTL: time.Hour})
	wrongIssuer, _ := auth.NewTokens(k, "j", at(noon)).Issue(auth.Grant{Sub: ann, TTL: time.Hour})
	cases := map[string]struct {
		token, message string
	}{
		"empty":                     {"", "Empty JWT is sent in Authorization header"},
		"no JWT":                    {"hello", "Expected 3 parts in JWT; got 1"},
		"two parts":                 {parts[0] + "." + parts[1], "Expected 3 parts in JWT; got 2"},
		"encrypted":                 {good + ".x.y", "Expected 3 parts in JWT; got 5"},
		"header no base64":          {"!." + parts[1] + "." + parts[2], "JWT couldn't be decoded"},
		"header no JSON":            {header("{") + "." + parts[1] + "." + parts[2], "JWT couldn't be decoded"},
		"alg none":                  {header(`{"alg":"none"}`) + "." + parts[1] + ".", "Wrong or unsupported encoding algorithm"},
		"alg none, signed":          {header(`{"alg":"none","kid":"`+kid+`"}`) + "." + parts[1] + "." + parts[2], "Wrong or unsupported encoding algorithm"},
		"HMAC with the public half": {mac(header(`{"alg":"HS256","kid":"` + kid + `"}`)), "Wrong or unsupported encoding algorithm"},
		"crit":                      {header(`{"alg":"ES256","crit":["x"],"kid":"`+kid+`"}`) + "." + parts[1] + "." + parts[2], "Wrong or unsupported encoding algorithm"},
		"no kid":                    {header(`{"alg":"ES256"}`) + "." + parts[1] + "." + parts[2], "No suitable key or wrong key type"},
		"kid as a path":             {header(`{"alg":"ES256","kid":"../keys"}`) + "." + parts[1] + "." + parts[2], "No suitable key or wrong key type"},
		"other payload":             {parts[0] + "." + header(`{"role":"authenticated"}`) + "." + parts[2], "No suitable key or wrong key type"},
		"no signature":              {parts[0] + "." + parts[1] + ".", "No suitable key or wrong key type"},
		"of another project":        {foreign, "No suitable key or wrong key type"},
		"bringing its own key":      {ownKey(t, kid, parts[1]), "No suitable key or wrong key type"},
		"giant":                     {strings.Repeat("a", 1<<20), "JWT is longer than 8192 bytes"},
		"other issuer":              {wrongIssuer, "JWT is of another issuer"},
	}
	for name, c := range cases {
		_, err := tokens.Verify(t.Context(), c.token)
		if err == nil || err.Error() != c.message || fault.From(err).Status() != 401 {
			t.Errorf("%s: %v, want %q", name, err, c.message)
		}
	}
}

func kidOf(t *testing.T, segment string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(segment)
	var h struct{ Kid, Alg, Typ string }
	if err != nil || json.Unmarshal(raw, &h) != nil || h.Kid == "" || h.Alg != "ES256" || h.Typ != "JWT" {
		t.Fatalf("header %s", raw)
	}
	return h.Kid
}

// ownKey signs payload with a fresh key, carried in the header beside the known kid.
func ownKey(t *testing.T, kid, payload string) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := jwk.Import(&private.PublicKey)
	raw, _ := base64.RawURLEncoding.DecodeString(payload)
	h := jws.NewHeaders()
	_ = h.Set("kid", kid)
	_ = h.Set("jwk", public)
	signed, err := jws.Sign(raw, jws.WithKey(jwa.ES256(), private, jws.WithProtectedHeaders(h)))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func TestEveryClaimIsChecked(t *testing.T) {
	t.Parallel()
	k, private := keysWithPrivate(t)
	tokens := auth.NewTokens(k, "i", at(noon))
	exp := noon.Add(time.Hour).Unix()
	base := func(change map[string]any) map[string]any {
		m := map[string]any{"iss": "i", "aud": "authenticated", "sub": ann, "role": "authenticated", "exp": exp}
		for k, v := range change {
			if m[k] = v; v == nil {
				delete(m, k)
			}
		}
		return m
	}
	for name, c := range map[string]struct {
		change  map[string]any
		message string
	}{
		"right":             {nil, ""},
		"array audience":    {map[string]any{"aud": []string{"x", "authenticated"}}, ""},
		"anon without sub":  {map[string]any{"role": "anon", "sub": nil}, ""},
		"exp text":          {map[string]any{"exp": "invalid"}, "The JWT 'exp' claim must be a number"},
		"nbf text":          {map[string]any{"nbf": "invalid"}, "The JWT 'nbf' claim must be a number"},
		"iat text":          {map[string]any{"iat": "invalid"}, "The JWT 'iat' claim must be a number"},
		"aud object":        {map[string]any{"aud": map[string]any{"a": 1}}, "The JWT 'aud' claim must be a string or an array of strings"},
		"aud mixed":         {map[string]any{"aud": []any{1, "authenticated"}}, "The JWT 'aud' claim must be a string or an array of strings"},
		"no exp":            {map[string]any{"exp": nil}, "The JWT has no 'exp' claim"},
		"later":             {map[string]any{"nbf": exp}, "JWT not yet valid"},
		"other audience":    {map[string]any{"aud": "x"}, "JWT not in audience"},
		"no audience":       {map[string]any{"aud": nil}, "JWT not in audience"},
		"no role":           {map[string]any{"role": nil}, "The JWT 'role' claim must be anon or authenticated"},
		"made-up role":      {map[string]any{"role": "postgres"}, "The JWT 'role' claim must be anon or authenticated"},
		"service_role":      {map[string]any{"role": "service_role"}, "No token acts as service_role"},
		"role list":         {map[string]any{"role": []string{"anon"}}, "The JWT 'role' claim must be a string"},
		"no sub":            {map[string]any{"sub": nil}, "The JWT 'sub' claim must be a uuid"},
		"sub no uuid":       {map[string]any{"sub": "ann"}, "The JWT 'sub' claim must be a uuid"},
		"sub in braces":     {map[string]any{"sub": "{" + ann + "}"}, "The JWT 'sub' claim must be a uuid"},
		"app_metadata list": {map[string]any{"app_metadata": []int{1}}, "The JWT 'app_metadata' claim must be an object"},
	} {
		payload, _ := json.Marshal(base(c.change))
		signed, err := jws.Sign(payload, jws.WithKey(jwa.ES256(), private))
		if err != nil {
			t.Fatal(err)
		}
		_, err = tokens.Verify(t.Context(), string(signed))
		if c.message == "" && err != nil || c.message != "" && (err == nil || err.Error() != c.message || code(err) != fault.InvalidClaims) {
			t.Errorf("%s: %v, want %q", name, err, c.message)
		}
	}
}

func keysWithPrivate(t *testing.T) (*auth.Keys, jwk.Key) {
	t.Helper()
	dir := t.TempDir()
	k, err := auth.Load(dir, "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := os.ReadFile(filepath.Join(dir, auth.KeysFile))
	var file struct{ Signing []json.RawMessage }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	key, err := jwk.ParseKey(file.Signing[0])
	if err != nil {
		t.Fatal(err)
	}
	return k, key
}

func TestGrantsThatWouldEscalateAreRefused(t *testing.T) {
	t.Parallel()
	tokens := auth.NewTokens(keys(t), "i", at(noon))
	for _, g := range []auth.Grant{
		{Sub: ann, Role: "service_role"}, {Sub: ann, Role: "postgres"}, {Sub: "ann"}, {},
		{Sub: ann, Claims: map[string]any{"role": "service_role"}}, {Sub: ann, Claims: map[string]any{"sub": ann}},
		{Sub: ann, Claims: map[string]any{"x": strings.Repeat("x", 1<<14)}},
	} {
		g.TTL = time.Hour
		if _, err := tokens.Issue(g); err == nil {
			t.Errorf("%+v was granted", g)
		}
	}
}

func TestCredentialsDecideTheActor(t *testing.T) {
	t.Parallel()
	k := keys(t)
	tokens := auth.NewTokens(k, "i", at(noon))
	gate := auth.NewGate(k, tokens)
	token, _ := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour})
	for name, c := range map[string]struct {
		apikey, authorization string
		role, uid             string
		code                  fault.Code
	}{
		"nothing":                     {code: fault.AnonymousForbidden},
		"publishable":                 {apikey: k.Publishable, role: "anon"},
		"publishable twice":           {apikey: k.Publishable, authorization: "Bearer " + k.Publishable, role: "anon"},
		"secret":                      {apikey: k.Secret, role: "service_role"},
		"secret twice":                {apikey: k.Secret, authorization: "Bearer " + k.Secret, role: "service_role"},
		"secret as bearer":            {authorization: "Bearer " + k.Secret, role: "service_role"},
		"a user":                      {apikey: k.Publishable, authorization: "Bearer " + token, role: "authenticated", uid: ann},
		"a user through a server":     {apikey: k.Secret, authorization: "bearer " + token, role: "authenticated", uid: ann},
		"a user without a key":        {authorization: "Bearer " + token, role: "authenticated", uid: ann},
		"secret lowered by a bearer":  {apikey: k.Secret, authorization: "Bearer " + k.Publishable, role: "anon"},
		"unknown key":                 {apikey: "sb_secret_guess", code: fault.InvalidToken},
		"unknown key, good token":     {apikey: "sb_publishable_x", authorization: "Bearer " + token, code: fault.InvalidToken},
		"secret does not save a lie":  {apikey: k.Secret, authorization: "Bearer nonsense", code: fault.InvalidToken},
		"empty bearer":                {apikey: k.Publishable, authorization: "Bearer ", code: fault.InvalidToken},
		"key with a tail":             {apikey: k.Secret + "x", code: fault.InvalidToken},
		"another scheme":              {apikey: k.Publishable, authorization: "Basic YTpi", code: fault.InvalidToken},
		"token in the place of a key": {apikey: token, code: fault.InvalidToken},
	} {
		a, err := gate.Admit(t.Context(), c.apikey, c.authorization)
		if code(err) != c.code || c.code == "" && (a.Role != c.role || a.UID != c.uid) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		if err != nil && a.Role != "" {
			t.Errorf("%s: an actor %+v beside the error", name, a)
		}
	}
}

func TestSealsOpenOnlyUntouched(t *testing.T) {
	t.Parallel()
	mine, err := keys(t).Sealer()
	if err != nil {
		t.Fatal(err)
	}
	theirs, _ := keys(t).Sealer()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		sealed := mine.Seal(plain)
		if got, err := mine.Open(sealed); err != nil || string(got) != string(plain) {
			t.Fatalf("opened %q, %v", got, err)
		}
		if mine.Seal(plain) != sealed {
			t.Fatal("two forms of one text")
		}
		if _, err := theirs.Open(sealed); err == nil {
			t.Fatal("opened with other keys")
		}
		raw, _ := base64.RawURLEncoding.DecodeString(sealed)
		raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := mine.Open(base64.RawURLEncoding.EncodeToString(raw)); err == nil {
			t.Fatal("opened after a changed bit")
		}
	})
	for _, s := range []string{"", "x", "AAAA", strings.Repeat("A", 64)} {
		if _, err := mine.Open(s); err == nil {
			t.Errorf("opened %q", s)
		}
	}
}
