package passkey_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/socle-hq/socle/internal/passkey"
	"pgregory.net/rapid"
)

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
		changed := change(t, answer, member, 1<<16)
		if _, _, err := w.party.FinishAuthentication(w.find, state, changed); err == nil {
			t.Fatalf("accepted:\n%s\n%s", answer, changed)
		}
		if _, _, err := w.party.FinishAuthentication(w.find, state, answer); err != nil {
			t.Fatalf("the answer itself: %v", err)
		}
	})
}

// Of an attestation, all that its statement signs: what the browser says, and the authenticator data, which the attestation object ends in.
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
		const signed = 32 + 1 + 4 + 16 + 2 + 32 + 77 // the lengths of hash, flags, counter, model, length, id and key
		changed := change(t, answer, rapid.SampledFrom([]string{"clientDataJSON", "attestationObject"}).Draw(t, "member"), signed)
		_, err = w.party.FinishRegistration(w.user, state, changed)
		if refusal := (*passkey.Refused)(nil); !errors.As(err, &refusal) {
			t.Fatalf("%v:\n%s\n%s", err, answer, changed)
		}
		if _, err := w.party.FinishRegistration(w.user, state, answer); err != nil {
			t.Fatalf("the answer itself: %v", err)
		}
	})
}

// change flips, drops or adds a byte among the last of one member.
func change(t *rapid.T, answer []byte, member string, last int) []byte {
	var v map[string]any
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Fatal(err)
	}
	response := v["response"].(map[string]any)
	raw, err := base64.RawURLEncoding.DecodeString(response[member].(string))
	if err != nil {
		t.Fatal(err)
	}
	was, at := bytes.Clone(raw), rapid.IntRange(max(0, len(raw)-last), len(raw)-1).Draw(t, "at")
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
