package auth_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/policy"
)

// servers are two that share a data directory, each with what it knows of the keys.
func servers(t *testing.T, clk clock.Clock) (dir string, rings [2]*auth.Ring, tokens [2]*auth.Tokens) {
	t.Helper()
	dir = t.TempDir()
	for i := range rings {
		r, err := auth.Open(dir, "", clk)
		if err != nil {
			t.Fatal(err)
		}
		rings[i], tokens[i] = r, auth.NewTokens(r, "i", clk)
	}
	return dir, rings, tokens
}

func turn(t *testing.T, dir string, r auth.Rotation) {
	t.Helper()
	if _, err := auth.Rotate(dir, r, at(noon)); err != nil {
		t.Fatal(err)
	}
}

func issued(t *testing.T, tokens *auth.Tokens) string {
	t.Helper()
	token, err := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAServerThatRunsTakesUpRotatedKeysBesideThoseBefore(t *testing.T) {
	t.Parallel()
	dir, rings, tokens := servers(t, at(noon))
	before := issued(t, tokens[0])
	turn(t, dir, auth.Rotation{Signing: true})
	if err := rings[0].Renew(); err != nil {
		t.Fatal(err)
	}
	after := issued(t, tokens[0])
	for i, token := range []string{before, after, before} { // the second server learns of the key by the token
		if _, err := tokens[1].Verify(t.Context(), token); err != nil {
			t.Errorf("token %d: %v", i, err)
		}
	}
	var set struct{ Keys []struct{ Kid string } }
	for i := range tokens {
		if err := json.Unmarshal(tokens[i].JWKS(), &set); err != nil || len(set.Keys) != 2 || set.Keys[0].Kid == set.Keys[1].Kid {
			t.Errorf("server %d: %s, %v", i, tokens[i].JWKS(), err)
		}
	}
}

func TestAKeyThatIsRevokedEndsTokensThatWereSeen(t *testing.T) {
	t.Parallel()
	dir, rings, tokens := servers(t, at(noon))
	gate := auth.NewGate(rings[0], tokens[0])
	token, old := issued(t, tokens[0]), rings[0].Current()
	if _, err := tokens[0].Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	turn(t, dir, auth.Rotation{Publishable: true, Secret: true, Signing: true, Revoke: true})
	if err := rings[0].Renew(); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens[0].Verify(t.Context(), token); err == nil {
		t.Error("what the revoked key signed is accepted")
	}
	for key, want := range map[string]string{old.Publishable: "", old.Secret: "", rings[0].Current().Publishable: policy.Anon, rings[0].Current().Secret: policy.ServiceRole} {
		if a, _ := gate.Admit(t.Context(), key, ""); a.Role != want {
			t.Errorf("acts as %q, want %q", a.Role, want)
		}
	}
}

// TestForgedKeyNamesDoNotMakeTheFileBeReadEachTime: the clock stands still, so one look is all they get.
func TestForgedKeyNamesDoNotMakeTheFileBeReadEachTime(t *testing.T) {
	t.Parallel()
	m := &moving{clock.System(), noon}
	dir, rings, tokens := servers(t, m)
	stranger := issued(t, auth.NewTokens(keys(t), "i", m))
	if _, err := tokens[1].Verify(t.Context(), stranger); err == nil {
		t.Fatal("a forged token is accepted")
	}
	turn(t, dir, auth.Rotation{Signing: true})
	if err := rings[0].Renew(); err != nil {
		t.Fatal(err)
	}
	token := issued(t, tokens[0])
	if _, err := tokens[1].Verify(t.Context(), token); err == nil {
		t.Error("the file was looked at again in the same instant")
	}
	m.now = noon.Add(time.Second)
	if _, err := tokens[1].Verify(t.Context(), token); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestAKeySetThatCannotBeReadLeavesTheOneBefore(t *testing.T) {
	t.Parallel()
	dir, rings, tokens := servers(t, at(noon))
	token, path := issued(t, tokens[0]), filepath.Join(dir, auth.KeysFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"broken":         func() error { return os.WriteFile(path, []byte("{"), 0o600) },
		"open to others": func() error { return os.Chmod(path, 0o644) },
		"gone":           func() error { return os.Remove(path) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if err := rings[0].Renew(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := tokens[0].Verify(t.Context(), token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, whole, 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := rings[0].Renew(); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}
