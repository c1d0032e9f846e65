// Package password owns hashes of passwords: making them, checking them, the queue that bounds how many are computed at
// once, and the rules a new password has to meet. It refuses to know accounts, HTTP and storage: a stored hash is a text
// that comes in and goes out.
//
// A password is its bytes as given: nothing is normalised, folded or trimmed, so that "é" written as one code point and
// as two are two passwords. Neither a password nor a hash is part of any error.
package password

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/socle-hq/socle/internal/clock"
)

// ErrBusy is the error of a full queue. Nothing was computed; the caller answers 429.
var ErrBusy = errors.New("too many passwords are being checked at the moment; try again in a few seconds")

const (
	defaultWaiting = 64
	saltSize       = 16
	keySize        = 32
)

// Options of a Hasher. The zero value means the defaults.
type Options struct {
	Parallel int       // hashes computed at once; 0: half of GOMAXPROCS, at least 1
	Waiting  int       // callers that may wait beyond those; 0: 64
	Random   io.Reader // where salts come from; nil: the system's generator
}

// Hasher makes and checks hashes, at most Parallel at a time, first come first served. It is safe for concurrent use.
//
// Hashing takes at most the larger of Parallel × 19 MiB and 256 MiB: a foreign hash that needs more memory than our own
// takes several places of the queue, up to all of them.
type Hasher struct {
	queue  *queue
	random io.Reader
	match  func(form, []byte) (bool, error)
}

// New makes a Hasher.
func New(o Options) *Hasher {
	if o.Parallel <= 0 {
		o.Parallel = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if o.Waiting <= 0 {
		o.Waiting = defaultWaiting
	}
	if o.Random == nil {
		o.Random = clock.System().Random()
	}
	return &Hasher{queue: newQueue(o.Parallel, o.Waiting), random: o.Random, match: form.matches}
}

// Verdict is what a comparison says.
type Verdict struct {
	OK       bool // the password is the one of the hash
	Outdated bool // only with OK: the hash should be made again, as its form or parameters are not those of Hash
}

// Hash is the argon2id hash of plain, in PHC form (19 MiB, 2 passes, 1 lane). Errors: ErrBusy, the context's error, or a
// *Weak for what no Rules accept.
func (h *Hasher) Hash(ctx context.Context, plain string) (string, error) {
	if weak := unusable(plain); weak != nil {
		return "", weak
	}
	made := today()
	made.salt = make([]byte, saltSize)
	if _, err := io.ReadFull(h.random, made.salt); err != nil {
		return "", fmt.Errorf("a salt for a password: %w", err)
	}
	err := h.queue.run(ctx, made.weight(), func() { made.key = made.derive([]byte(plain), keySize) })
	if err != nil {
		return "", err
	}
	return made.text(), nil
}

// Verify compares plain with a hash made by Hash or accepted by Import. A password that no Rules accept as text (empty,
// too long, with NUL) is never OK and costs nothing. Errors: ErrBusy, the context's error, or that of Import where
// stored is not understood.
//
// Any difference from the parameters of Hash makes a hash outdated, stronger ones too: all accounts of one cost is what
// makes the time of an answer say nothing.
func (h *Hasher) Verify(ctx context.Context, stored, plain string) (Verdict, error) {
	f, err := parse(stored)
	if err != nil {
		return Verdict{}, err
	}
	if unusable(plain) != nil {
		return Verdict{}, nil
	}
	var ok bool
	var failed error
	err = h.queue.run(ctx, f.weight(), func() { ok, failed = h.match(f, []byte(plain)) })
	if err = first(err, failed); err != nil {
		return Verdict{}, err
	}
	return Verdict{OK: ok, Outdated: ok && !current(f)}, nil
}

// decoy is a hash with the parameters of Hash that nobody knows a password of.
var decoy = func() string {
	a := today()
	a.salt, a.key = []byte("nobody's account"), make([]byte, keySize)
	return a.text()
}()

// Waste takes as long as Verify of a hash made by Hash, waits in the same queue and fails with the same errors: it stands
// in for Verify where there is no account, so that the time of the answer does not tell.
func (h *Hasher) Waste(ctx context.Context, plain string) error {
	_, err := h.Verify(ctx, decoy, plain)
	return err
}
