package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/testkit"
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
	if !errors.Is(err, passkey.ErrExists) {
		t.Error(err)
	}

	// Bob's passkey as Ann's second factor, and one that nobody has.
	options, state = ann.beginAuthentication(&ann.user)
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if says := refused(t, err); !strings.Contains(says, "another account") {
		t.Error(says)
	}
	bob.Handleless = true
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if !errors.Is(err, passkey.ErrUnknown) {
		t.Error(err)
	}
	options, state = ann.beginAuthentication(nil)
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if says := refused(t, err); !strings.Contains(says, "does not say whose") {
		t.Error(says)
	}
	bob.Handleless = false
	_, _, err = ann.party.FinishAuthentication(ann.find, state, bob.Authenticate(options, site))
	if !errors.Is(err, passkey.ErrUnknown) {
		t.Error(err)
	}

	// Whoever looks passkeys up by their id alone finds Ann, and her passkey says that it is Bob's.
	options, state = ann.beginAuthentication(nil)
	stolen := withHandle(t, ann.Authenticate(options, site), bob.user.ID)
	_, _, err = ann.party.FinishAuthentication(func(_, _ []byte) (*passkey.User, error) { return &ann.user, nil }, state, stolen)
	if !errors.Is(err, passkey.ErrUnknown) {
		t.Error(err)
	}
	_, _, err = ann.party.BeginAuthentication(&bob.user)
	if says := refused(t, err); !strings.Contains(says, "no passkey") {
		t.Error(says)
	}
}

// withHandle changes whom an answer says that it is of.
func withHandle(t *testing.T, answer, handle []byte) []byte {
	t.Helper()
	v := parsed(t, answer).(map[string]any)
	v["response"].(map[string]any)["userHandle"] = base64.RawURLEncoding.EncodeToString(handle)
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
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
