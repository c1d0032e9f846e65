package testkit

import (
	"bytes"
	"sync"
)

// Said is what a process or a log says, read while it is written.
type Said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps what is said.
func (s *Said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

// String is all that was said so far.
func (s *Said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}
