package passkey_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/testkit"
)

const (
	site  = "https://example.org"
	below = "https://app.example.org:8443"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// world is a site, somebody who has an account there, and an authenticator.
type world struct {
	*testing.T
	party *passkey.Party
	user  passkey.User
	*testkit.Authenticator
}

func newWorld(t *testing.T) *world {
	t.Helper()
	party, err := passkey.NewParty("Team", site, []string{below})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, party: party, user: passkey.User{ID: []byte("0123456789abcdef"), Name: "ann@example.org", DisplayName: "Ann"}}
	w.Authenticator = testkit.NewAuthenticator(t)
	w.at(start)
	return w
}

// at sets the site's clock.
func (w *world) at(now time.Time) {
	w.party = w.party.WithClock(clock.Fixed(now, clock.System().Random()))
}

// registered has a passkey already.
func registered(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	options, state := w.beginRegistration()
	c, err := w.party.FinishRegistration(w.user, state, w.Register(options, site))
	if err != nil {
		t.Fatal(err)
	}
	w.user.Credentials = []passkey.Credential{*c}
	return w
}

func (w *world) beginRegistration() (options, state []byte) {
	w.Helper()
	options, state, err := w.party.BeginRegistration(w.user)
	if err != nil {
		w.Fatal(err)
	}
	return options, state
}

func (w *world) beginAuthentication(u *passkey.User) (options, state []byte) {
	w.Helper()
	options, state, err := w.party.BeginAuthentication(u)
	if err != nil {
		w.Fatal(err)
	}
	return options, state
}

// find knows the world's user alone.
func (w *world) find(_, handle []byte) (*passkey.User, error) {
	if !bytes.Equal(handle, w.user.ID) {
		return nil, nil
	}
	return &w.user, nil
}

// refused is the reason of a refusal.
func refused(t *testing.T, err error) string {
	t.Helper()
	var r *passkey.Refused
	if !errors.As(err, &r) {
		t.Fatalf("not refused: %v", err)
	}
	return r.Reason
}

// parsed is JSON as a value that can be compared.
func parsed(t *testing.T, text []byte) (out any) {
	t.Helper()
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
