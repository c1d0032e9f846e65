package auth_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
)

const somebody = "00000000-0000-7000-8000-000000000001"

func TestRotationsReplaceWhatTheyNameAndKeepTheFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r    auth.Rotation
		want [3]bool // publishable, secret, fingerprint change
	}{
		{auth.Rotation{Publishable: true}, [3]bool{true, false, true}},
		{auth.Rotation{Secret: true}, [3]bool{false, true, true}},
		{auth.Rotation{Signing: true}, [3]bool{false, false, true}},
		{auth.Rotation{Publishable: true, Secret: true, Signing: true, Revoke: true}, [3]bool{true, true, true}},
	} {
		dir := t.TempDir()
		old, err := auth.Load(dir, "", at(noon))
		if err != nil {
			t.Fatal(err)
		}
		k, err := auth.Rotate(dir, c.r, at(noon))
		if err != nil {
			t.Fatal(err)
		}
		got := [3]bool{k.Publishable != old.Publishable, k.Secret != old.Secret, k.Fingerprint() != old.Fingerprint()}
		if got != c.want {
			t.Errorf("%+v changed %v, want %v", c.r, got, c.want)
		}
		if !slices.Contains(k.Fingerprints()[1:], old.Fingerprint()) || k.Fingerprints()[0] != k.Fingerprint() {
			t.Errorf("%v does not know %s", k.Fingerprints(), old.Fingerprint())
		}
		info, err := os.Stat(filepath.Join(dir, auth.KeysFile))
		left, _ := os.ReadDir(dir)
		if err != nil || info.Mode().Perm() != 0o600 || len(left) != 1 {
			t.Errorf("mode %v, %v, %d files", info.Mode(), err, len(left))
		}
	}
}

func TestTokensOutliveTwoRotationsAndNoRevocation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k, err := auth.Load(dir, "", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	token, err := auth.NewTokens(k, "socle", at(noon)).Issue(auth.Grant{Sub: somebody, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := k.Sealer()
	if err != nil {
		t.Fatal(err)
	}
	sealed := cursor.Seal([]byte("here"))
	for n, c := range []struct {
		r    auth.Rotation
		want bool
	}{
		{auth.Rotation{Signing: true}, true}, {auth.Rotation{Secret: true}, true}, {auth.Rotation{Signing: true}, true},
		{auth.Rotation{Signing: true}, false}, {auth.Rotation{Signing: true, Revoke: true}, false},
	} {
		if k, err = auth.Rotate(dir, c.r, at(noon)); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.NewTokens(k, "socle", at(noon)).Verify(t.Context(), token); (err == nil) != c.want {
			t.Errorf("after rotation %d: %v", n, err)
		}
		again, err := k.Sealer()
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := again.Open(sealed); err != nil || string(plain) != "here" {
			t.Errorf("the cursor is lost after rotation %d", n)
		}
	}
	fresh, err := auth.NewTokens(k, "socle", at(noon)).Issue(auth.Grant{Sub: somebody, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if k, err = auth.Rotate(dir, auth.Rotation{Signing: true, Revoke: true}, at(noon)); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.NewTokens(k, "socle", at(noon)).Verify(t.Context(), fresh); err == nil {
		t.Error("a revoked token holds")
	}
}

func TestARotationWithoutAKeySetMakesNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := auth.Rotate(dir, auth.Rotation{Secret: true}, at(noon)); err == nil {
		t.Fatal("rotated nothing")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%d files appeared", len(left))
	}
}
