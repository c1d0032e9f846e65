package passkey_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/passkey"
)

func TestOptionsAreWhatBrowsersParse(t *testing.T) {
	t.Parallel()
	w := registered(t)
	fixed := w.party.WithClock(clock.Fixed(start, bytes.NewReader(bytes.Repeat([]byte{0xfb}, 96))))
	challenge, id := "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s", base64.RawURLEncoding.EncodeToString(w.ID())

	creation, _, err := fixed.BeginRegistration(w.user)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"rp":{"name":"Team","id":"example.org"},"user":{"name":"ann@example.org","displayName":"Ann","id":"MDEyMzQ1Njc4OWFiY2RlZg"},
		"challenge":%q,"pubKeyCredParams":[{"type":"public-key","alg":-8},{"type":"public-key","alg":-7},{"type":"public-key","alg":-257}],"timeout":300000,
		"excludeCredentials":[{"type":"public-key","id":%q,"transports":["internal","hybrid"]}],
		"authenticatorSelection":{"requireResidentKey":true,"residentKey":"required","userVerification":"required"},"attestation":"none"}`, challenge, id)
	if diff := cmp.Diff(parsed(t, []byte(want)), parsed(t, creation)); diff != "" {
		t.Error("registration:", diff)
	}

	request, _, err := fixed.BeginAuthentication(&w.user)
	if err != nil {
		t.Fatal(err)
	}
	want = fmt.Sprintf(`{"challenge":%q,"timeout":300000,"rpId":"example.org","userVerification":"required",
		"allowCredentials":[{"type":"public-key","id":%q,"transports":["internal","hybrid"]}]}`, challenge, id)
	if diff := cmp.Diff(parsed(t, []byte(want)), parsed(t, request)); diff != "" {
		t.Error("authentication:", diff)
	}

	request, _, err = fixed.BeginAuthentication(nil)
	if err != nil {
		t.Fatal(err)
	}
	want = fmt.Sprintf(`{"challenge":%q,"timeout":300000,"rpId":"example.org","userVerification":"required"}`, challenge)
	if diff := cmp.Diff(parsed(t, []byte(want)), parsed(t, request)); diff != "" {
		t.Error("authentication of anybody:", diff)
	}
	if _, _, err := fixed.BeginAuthentication(nil); err == nil {
		t.Error("a challenge was made without randomness")
	}
}

func TestAPasskeyIsMadeAndUsedOnEveryPageOfTheSite(t *testing.T) {
	t.Parallel()
	for _, page := range []string{site, below} {
		for _, packed := range []bool{false, true} {
			w := newWorld(t)
			w.Packed, w.BackupEligible, w.BackedUp = packed, true, true
			options, state := w.beginRegistration()
			c, err := w.party.FinishRegistration(w.user, state, w.Register(options, page))
			if err != nil {
				t.Fatal(page, err)
			}
			want := &passkey.Credential{
				ID: w.ID(), PublicKey: c.PublicKey, Attestation: map[bool]string{false: "none", true: "packed"}[packed], Transports: []string{"internal", "hybrid"},
				AAGUID: make([]byte, 16), SignCount: 1, BackupEligible: true, BackedUp: true, UserVerified: true,
			}
			if diff := cmp.Diff(want, c); diff != "" || len(c.PublicKey) == 0 {
				t.Error(diff)
			}
			w.user.Credentials = []passkey.Credential{stored(t, *c)}
			for i, u := range []*passkey.User{nil, &w.user} {
				w.BackedUp = i == 0
				options, state := w.beginAuthentication(u)
				who, used, err := w.party.FinishAuthentication(w.find, state, w.Authenticate(options, page))
				if err != nil {
					t.Fatal(page, err)
				}
				want.SignCount, want.BackedUp = uint32(i+2), i == 0
				if diff := cmp.Diff(want, used); diff != "" || who != &w.user {
					t.Errorf("%v signed in: %s", who, diff)
				}
				w.user.Credentials = []passkey.Credential{stored(t, *used)}
			}
		}
	}
}

// stored is a credential that went through storage as JSON.
func stored(t *testing.T, c passkey.Credential) (out passkey.Credential) {
	t.Helper()
	text, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if diff := cmp.Diff(c, out); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
	return out
}

// Many synced passkeys do not count at all.
func TestAPasskeyThatDoesNotCountIsUsedAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SignCount = ^uint32(0) // goes on to zero
	options, state := w.beginRegistration()
	c, err := w.party.FinishRegistration(w.user, state, w.Register(options, site))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.user.Credentials = []passkey.Credential{*c}
		w.SignCount = ^uint32(0)
		options, state := w.beginAuthentication(nil)
		if _, c, err = w.party.FinishAuthentication(w.find, state, w.Authenticate(options, site)); err != nil || c.SignCount != 0 {
			t.Fatal(c, err)
		}
	}
}

// A security key that is a second factor need not say whose it is.
func TestANamedUserNeedsNoUserHandle(t *testing.T) {
	t.Parallel()
	w := registered(t)
	w.Handleless = true
	options, state := w.beginAuthentication(&w.user)
	who, _, err := w.party.FinishAuthentication(w.find, state, w.Authenticate(options, site))
	if err != nil || who != &w.user {
		t.Error(who, err)
	}
}

// One whose storage fails is told so, and nobody is refused.
func TestAFailureOfTheServerIsNoRefusal(t *testing.T) {
	t.Parallel()
	w := registered(t)
	down := errors.New("storage is down")
	options, state := w.beginAuthentication(nil)
	answer := w.Authenticate(options, site)
	_, _, lost := w.party.FinishAuthentication(func(_, _ []byte) (*passkey.User, error) { return nil, down }, state, answer)
	_, _, torn := w.party.FinishAuthentication(w.find, state[:9], answer)
	_, made := w.party.FinishRegistration(w.user, nil, answer)
	_, _, nameless := w.party.BeginRegistration(passkey.User{ID: w.user.ID})
	_, _, idless := w.party.BeginAuthentication(&passkey.User{Credentials: w.user.Credentials})
	broken := w.party.WithClock(clock.Fixed(start, iotest.ErrReader(down)))
	_, _, random := broken.BeginRegistration(w.user)
	for name, err := range map[string]error{"find": lost, "a torn state": torn, "no state": made, "no name": nameless, "no id": idless, "no randomness": random} {
		var r *passkey.Refused
		if err == nil || errors.As(err, &r) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !errors.Is(lost, down) || !errors.Is(random, down) {
		t.Error(lost, random)
	}
}
