// Package clock owns the sources of time and randomness, so that tests and simulations can own them instead.
// Nothing else in the product reads the system clock or a random generator (a lint enforces it).
package clock

import (
	"crypto/rand"
	"io"
	"time"
)

// Clock gives the time and random bytes.
type Clock interface {
	Now() time.Time
	Random() io.Reader
}

// System is the machine's clock and cryptographic generator.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time    { return time.Now() }
func (system) Random() io.Reader { return rand.Reader }

// Fixed is a clock that stands still at t and draws from r; for tests.
func Fixed(t time.Time, r io.Reader) Clock { return fixed{t, r} }

type fixed struct {
	t time.Time
	r io.Reader
}

func (f fixed) Now() time.Time    { return f.t }
func (f fixed) Random() io.Reader { return f.r }
