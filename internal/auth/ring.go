package auth

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

// Source gives the key set that holds now: a *Keys, which stays what it is, or a *Ring.
type Source interface {
	Current() *Keys
	// missed reports whether there are other keys than those in which a token's key was not found.
	missed(in *Keys) bool
}

// Current is the key set itself.
func (k *Keys) Current() *Keys { return k }

func (k *Keys) missed(in *Keys) bool { return in != k }

// Ring is the key set of a data directory, whose file may be replaced while the process runs: see Rotate. It is safe for concurrent
// use.
type Ring struct {
	path    string // "": the keys stay as they are
	clock   clock.Clock
	current atomic.Pointer[Keys]

	mu    sync.Mutex
	read  fs.FileInfo // of the file that was read last
	asked time.Time   // when a token last made it look
}

// between is the shortest time between two looks at the file that tokens cause: anybody can name a key that is not there.
const between = 100 * time.Millisecond

// Open is Load for a process that goes on.
func Open(dir, given string, clk clock.Clock) (*Ring, error) {
	r := &Ring{clock: clk}
	if given == "" {
		r.path = filepath.Join(dir, KeysFile)
	}
	k, err := Load(dir, given, clk)
	if err != nil {
		return nil, err
	}
	r.current.Store(k)
	return r, nil
}

// Current is the key set as it was read last.
func (r *Ring) Current() *Keys { return r.current.Load() }

// Renew reads the file again where it was replaced since. After an error the keys are those of before.
func (r *Ring) Renew() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renew()
}

func (r *Ring) renew() error {
	if r.path == "" {
		return nil
	}
	found, err := os.Stat(r.path)
	if err != nil {
		return fmt.Errorf("read the key set: %w", err)
	}
	if r.read != nil && os.SameFile(found, r.read) && found.ModTime().Equal(r.read.ModTime()) && found.Mode() == r.read.Mode() {
		return nil
	}
	k, err := fromFile(r.path)
	if err != nil {
		return err
	}
	r.read = found
	if k.fingerprint != r.Current().fingerprint {
		r.current.Store(k)
	}
	return nil
}

// missed looks once more at the file, though not for every token that names a key which is not there.
func (r *Ring) missed(in *Keys) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if r.Current() == in && now.Sub(r.asked).Abs() >= between {
		r.asked = now
		_ = r.renew() // whoever renews by the clock says what is wrong with the file
	}
	return r.Current() != in
}
