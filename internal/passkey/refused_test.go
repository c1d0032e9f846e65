package passkey_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/testkit"
	"pgregory.net/rapid"
)

// lies are answers that look right but for one thing, in both ceremonies.
var lies = map[string]struct {
	lie  func(*world)
	page string
	says string
}{
	"a page of somebody else": {page: "https://example.com", says: `pages of "https://example.com" may not use the passkeys of example.org`},
	"a name that begins so":   {page: "https://example.org.evil.test", says: "may not use"},
	"a page without TLS":      {page: "http://example.org", says: "may not use"},
	"another port":            {page: "https://app.example.org", says: "may not use"},
	"within another page":     {lie: func(w *world) { w.CrossOrigin = true }, says: "within a page of another site"},
	"another relying party":   {lie: func(w *world) { w.RPID = "example.com" }, says: "this passkey is not one of example.org"},
	"another challenge": {
		lie:  func(w *world) { w.Challenge = base64.RawURLEncoding.EncodeToString(make([]byte, 32)) },
		says: "another challenge",
	},
	"nobody there":           {lie: func(w *world) { w.Absent = true }, says: "nobody touched"},
	"a user not verified":    {lie: func(w *world) { w.Unverified = true }, says: "did not verify its user"},
	"backed up, but may not": {lie: func(w *world) { w.BackedUp = true }, says: "is not right"},
}

func TestALieInARegistrationIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			options, state := w.beginRegistration()
			if c.lie != nil {
				c.lie(w)
			}
			made, err := w.party.FinishRegistration(w.user, state, w.Register(options, page(c.page)))
			if says := refused(t, err); !strings.Contains(says, c.says) || made != nil {
				t.Errorf("refused because %s", says)
			}
		})
	}
}

func TestALieInASignInIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := registered(t)
			if c.lie != nil {
				c.lie(w)
			}
			for _, u := range []*passkey.User{nil, &w.user} {
				options, state := w.beginAuthentication(u)
				who, used, err := w.party.FinishAuthentication(w.find, state, w.Authenticate(options, page(c.page)))
				if says := refused(t, err); !strings.Contains(says, c.says) || who != nil || used != nil {
					t.Errorf("refused because %s", says)
				}
			}
		})
	}
}

func page(p string) string {
	if p == "" {
		return site
	}
	return p
}

func TestACeremonyEndsInTime(t *testing.T) {
	t.Parallel()
	w := registered(t)
	creation, made := w.beginRegistration()
	request, signed := w.beginAuthentication(nil)
	for after, late := range map[time.Duration]bool{passkey.Lifetime - time.Second: false, passkey.Lifetime: true, 24 * time.Hour: true} {
		w.at(start.Add(after))
		other := testkit.NewAuthenticator(t)
		_, err := w.party.FinishRegistration(w.user, made, other.Register(creation, site))
		if errors.Is(err, passkey.ErrExpired) != late || (err == nil) == late {
			t.Errorf("registration after %s: %v", after, err)
		}
		_, _, err = w.party.FinishAuthentication(w.find, signed, w.Authenticate(request, site))
		if errors.Is(err, passkey.ErrExpired) != late || (err == nil) == late {
			t.Errorf("sign-in after %s: %v", after, err)
		}
	}
}

func TestACounterThatGoesBackIsACopy(t *testing.T) {
	t.Parallel()
	for _, back := range []uint32{0, 1, 5} {
		w := registered(t)
		w.user.Credentials[0].SignCount, w.SignCount = 6, back
		options, state := w.beginAuthentication(nil)
		who, used, err := w.party.FinishAuthentication(w.find, state, w.Authenticate(options, site))
		if !errors.Is(err, passkey.ErrCloned) || who != nil || used != nil {
			t.Errorf("from 6 to %d: %v", back+1, err)
		}
		if refused(t, err) == "" {
			t.Error("nothing to show")
		}
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := registered(t)
	w.NewKey()
	options, state := w.beginAuthentication(nil)
	_, _, err := w.party.FinishAuthentication(w.find, state, w.Authenticate(options, site))
	if says := refused(t, err); says != "the passkey's answer is not right" {
		t.Error(says)
	}
}

func TestAPasskeyOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	ann, bob := registered(t), newWorld(t)
	bob.user = passkey.User{ID: []byte("fedcba9876543210"), Name: "bob@example.org"}
	options, state := bob.beginRegistration()

	// Somebody else's challenge, and an authenticator that is registered already.
	_, err := ann.party.FinishRegistration(ann.user, state, bob.Register(options, site))
	if says := refused(t, err); !strings.Contains(says, "another account") {
		t.Error(says)
	}
	options, state = ann.beginRegistration()
	_, err = ann.party.FinishRegistration(ann.user, state, ann.Register(options, site))
	if says := refused(t, err); !strings.Contains(says, "registered already") {
		t.Error(says)
	}

	// Bob's passkey as Ann's second factor, and one that nobody has.
	options, state = ann.beginAuthentication(&ann.user)
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if says := refused(t, err); !strings.Contains(says, "another account") {
		t.Error(says)
	}
	bob.Handleless = true
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if says := refused(t, err); !strings.Contains(says, "not known") {
		t.Error(says)
	}
	options, state = ann.beginAuthentication(nil)
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if says := refused(t, err); !strings.Contains(says, "does not say whose") {
		t.Error(says)
	}
	bob.Handleless = false
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if says := refused(t, err); !strings.Contains(says, "not known") {
		t.Error(says)
	}
	_, _, err = ann.party.BeginAuthentication(&bob.user)
	if says := refused(t, err); !strings.Contains(says, "no passkey") {
		t.Error(says)
	}
}

func TestTheStateOfOneCeremonyIsOfNoUseInAnother(t *testing.T) {
	t.Parallel()
	w := registered(t)
	creation, made := w.beginRegistration()
	request, signed := w.beginAuthentication(nil)
	_, err := w.party.FinishRegistration(w.user, signed, w.Register(creation, site))
	if says := refused(t, err); !strings.Contains(says, "not for the registration") {
		t.Error(says)
	}
	_, _, err = w.party.FinishAuthentication(w.find, made, w.Authenticate(request, site))
	if says := refused(t, err); !strings.Contains(says, "not for the authentication") {
		t.Error(says)
	}
	// The kinds of the answers, too.
	_, err = w.party.FinishRegistration(w.user, made, w.Authenticate(request, site))
	refused(t, err)
	_, _, err = w.party.FinishAuthentication(w.find, signed, w.Register(creation, site))
	refused(t, err)

	moved, err := passkey.NewParty("Team", "https://example.net", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.party = moved
	w.at(start)
	_, _, err = w.party.FinishAuthentication(w.find, signed, w.Authenticate(request, "https://example.net"))
	if says := refused(t, err); !strings.Contains(says, "another site") {
		t.Error(says)
	}
}

func TestWhatIsNoAnswerIsRefused(t *testing.T) {
	t.Parallel()
	w := registered(t)
	_, made := w.beginRegistration()
	_, signed := w.beginAuthentication(nil)
	for _, text := range []string{"", "null", "{}", "[]", `"x"`, "{", `{"id":"a"}`, strings.Repeat("[", 1<<16), `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
		_, err := w.party.FinishRegistration(w.user, made, []byte(text))
		if says := refused(t, err); !strings.Contains(says, "toJSON") {
			t.Errorf("%.20s: %s", text, says)
		}
		_, _, err = w.party.FinishAuthentication(w.find, signed, []byte(text))
		if says := refused(t, err); !strings.Contains(says, "toJSON") {
			t.Errorf("%.20s: %s", text, says)
		}
	}
}

// Whichever byte of whatever the authenticator signed, or of its signature, is changed: the answer is refused.
func TestAChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	w := registered(t)
	rapid.Check(t, func(t *rapid.T) {
		options, state, err := w.party.BeginAuthentication(nil)
		if err != nil {
			t.Fatal(err)
		}
		answer := w.Authenticate(options, site)
		member := rapid.SampledFrom([]string{"clientDataJSON", "authenticatorData", "signature", "userHandle"}).Draw(t, "member")
		changed := change(t, answer, member)
		if _, _, err := w.party.FinishAuthentication(w.find, state, changed); err == nil {
			t.Fatalf("accepted:\n%s\n%s", answer, changed)
		}
		if _, _, err := w.party.FinishAuthentication(w.find, state, answer); err != nil {
			t.Fatalf("the answer itself: %v", err)
		}
	})
}

func TestAChangedByteOfAnAttestationIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Packed = true
	rapid.Check(t, func(t *rapid.T) {
		options, state, err := w.party.BeginRegistration(w.user)
		if err != nil {
			t.Fatal(err)
		}
		answer := w.Register(options, site)
		changed := change(t, answer, rapid.SampledFrom([]string{"clientDataJSON", "attestationObject"}).Draw(t, "member"))
		_, err = w.party.FinishRegistration(w.user, state, changed)
		if refusal := (*passkey.Refused)(nil); !errors.As(err, &refusal) {
			t.Fatalf("%v:\n%s\n%s", err, answer, changed)
		}
		if _, err := w.party.FinishRegistration(w.user, state, answer); err != nil {
			t.Fatalf("the answer itself: %v", err)
		}
	})
}

// change flips, drops or adds a byte of one member.
func change(t *rapid.T, answer []byte, member string) []byte {
	var v map[string]any
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Fatal(err)
	}
	response := v["response"].(map[string]any)
	raw, err := base64.RawURLEncoding.DecodeString(response[member].(string))
	if err != nil {
		t.Fatal(err)
	}
	was, at := bytes.Clone(raw), rapid.IntRange(0, len(raw)-1).Draw(t, "at")
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		raw[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
	case 1:
		raw = slices.Delete(raw, at, at+1)
	case 2:
		raw = slices.Insert(raw, at, rapid.Byte().Draw(t, "more"))
	}
	if bytes.Equal(raw, was) {
		t.Skip("nothing changed")
	}
	response[member] = base64.RawURLEncoding.EncodeToString(raw)
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
