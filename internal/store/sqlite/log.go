package sqlite

import (
	"context"
	"math"
	"time"
)

// The write-ahead log grows with every commit and is carried into the database by checkpoints. The engine would do that within
// a COMMIT, while somebody waits for it (wal_autocheckpoint is 0 therefore); the writer does it after it has answered a group.
// A log is begun anew only once all of it is carried over and no reader needs it: readers are waited for when it is large, and
// sent away before it reaches 256 MiB. One transaction larger than that, a rebuild of a large table say, is let through.

// logPolicy says from which size of the log on, in bytes, the writer does what.
type logPolicy struct {
	calm  int64 // carries it over where nobody waits
	step  int64 // and again after it grew by this, see pause
	busy  int64 // carries it over also where somebody waits
	large int64 // waits for readers, shortly, so as to begin it anew
	old   int64 // ends reads that are older than maxRead
	most  int64 // ends all reads that need it
}

const mib = 1 << 20

var defaultLog = logPolicy{calm: 4 * mib, step: 4 * mib, busy: 16 * mib, large: 64 * mib, old: 128 * mib, most: 192 * mib}

// pause is how much the log may grow until it is seen to again: waiting for readers costs writes more than carrying over.
func (p logPolicy) pause(size int64) int64 {
	if size >= p.large && size < p.most {
		return size / 8
	}
	return p.step
}

// How old a read may become where the log is too large, and where it is only large.
const (
	maxRead = 5 * time.Second
	anyRead = time.Duration(math.MaxInt64)
)

// tend does what the log's size asks for. The caller holds s.writing.
func (s *Store) tend() {
	if s.Failure() != nil {
		return
	}
	size, _ := s.carry("NOOP")
	if size < s.tended {
		s.tended = 0 // it was begun anew
	}
	due := s.policy.busy
	if s.queue.empty() {
		due = s.policy.calm
	}
	if size < due || s.tended > 0 && size-s.tended < s.policy.pause(size) {
		return
	}
	if size < s.policy.large {
		s.tended, _ = s.carry("PASSIVE")
		return
	}
	switch {
	case size >= s.policy.most:
		s.tended = s.empty("busy_timeout = 1000", 0)
	case size >= s.policy.old:
		s.tended = s.empty("busy_timeout = 500", maxRead)
	default:
		s.tended = s.empty("busy_timeout = 50", anyRead)
	}
}

// empty begins the log anew, where the readers that need it end in time; those that are older than they may become then are
// ended. Writes wait meanwhile, reads do not: once all of the log is carried over, whoever begins to read needs none of it. A
// read that began while it was carried over does, and is seen to like those that were there before.
func (s *Store) empty(patience string, readsMayBe time.Duration) int64 {
	if _, err := s.writer.pragma(patience); err != nil {
		return 0
	}
	defer s.writer.pragma(busyTimeout)
	s.reads.end(s.clock.Now().Add(-readsMayBe))
	if size, whole := s.carry("FULL"); !whole {
		return size
	}
	s.reads.end(s.clock.Now().Add(-readsMayBe))
	size, _ := s.carry("TRUNCATE")
	return size
}

// carry takes the log over into the database, in one of the engine's ways (sqlite.org/pragma.html#pragma_wal_checkpoint), and
// gives the log's size after it and whether it did all that this way asks for. That it could not, for want of room or because
// of readers, is no error: the log is kept.
func (s *Store) carry(how string) (size int64, whole bool) {
	err := s.writer.each(context.Background(), "PRAGMA wal_checkpoint("+how+")", nil, func(row []any) error {
		busy, _ := row[0].(int64)
		frames, _ := row[1].(int64)
		size, whole = frames*s.page, busy == 0
		return nil
	})
	return size, s.note(err) == nil && whole
}
