package auth

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/clock"
)

// Rotation says what of a key set is replaced. What closes cursors stays.
type Rotation struct {
	Publishable, Secret, Signing bool
	// Algorithm is that of the new signing key, one of Algorithms; "" is that of the key before.
	Algorithm string
	// Revoke ends what the old signing keys have signed at once. Without it such tokens hold until they expire.
	Revoke bool
}

const (
	signingKept = 3  // signing keys that are accepted, the current one among them
	pastKept    = 64 // fingerprints by which databases of the key set are known
)

var errOvertaken = errors.New("the key set was changed by another process; nothing was replaced")

// Rotate replaces keys of a data directory's key set. The file is the old one or the new one at every moment; who has loaded
// the old one goes on with it.
func Rotate(dir string, r Rotation, clk clock.Clock) (*Keys, error) {
	path := filepath.Join(dir, KeysFile)
	if _, err := fromFile(path); err != nil {
		return nil, err
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	raw, err := rotated(old, r, clk.Random())
	if err != nil {
		return nil, fmt.Errorf("replace keys: %w", err)
	}
	if err := exchange(dir, path, old, raw, clk.Random()); err != nil {
		return nil, fmt.Errorf("replace keys: %w", err)
	}
	return fromFile(path)
}

// rotated is the stored form after a rotation.
func rotated(old []byte, r Rotation, random io.Reader) ([]byte, error) {
	var s stored
	if err := json.Unmarshal(old, &s); err != nil {
		return nil, err
	}
	s.Past = append([]string{fingerprint(s)}, s.Past...)
	s.Past = s.Past[:min(len(s.Past), pastKept)]
	if r.Algorithm == "" {
		before, err := parse(old)
		if err != nil {
			return nil, err
		}
		r.Algorithm = before.Algorithm()
	}
	fresh, err := generate(r.Algorithm, random)
	if err != nil {
		return nil, err
	}
	var drawn stored
	if err := json.Unmarshal(fresh, &drawn); err != nil {
		return nil, err
	}
	if r.Publishable {
		s.Publishable = drawn.Publishable
	}
	if r.Secret {
		s.Secret = drawn.Secret
	}
	if r.Signing {
		s.Signing = append(drawn.Signing, s.Signing...)
		s.Signing = s.Signing[:min(len(s.Signing), signingKept)]
	}
	if r.Revoke {
		s.Signing = s.Signing[:1]
	}
	return json.MarshalIndent(s, "", "  ")
}

// exchange puts a file that is whole in the place of one that is still as it was read.
func exchange(dir, path string, old, raw []byte, random io.Reader) error {
	var suffix [8]byte
	if _, err := io.ReadFull(random, suffix[:]); err != nil {
		return err
	}
	tmp := path + ".new." + hex.EncodeToString(suffix[:])
	if err := writeSynced(tmp, raw); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	defer os.Remove(tmp)
	now, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(now, old) {
		err = errOvertaken
	}
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(dir)
}
