package sqlite

import (
	"context"
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

// maxRead is how old a read may become where the log is too large.
const maxRead = 5 * time.Second

// tend does what the log's size asks for. The caller holds s.writing.
func (s *Store) tend() {
	if s.Failure() != nil {
		return
	}
	size := s.checkpoint("PRAGMA wal_checkpoint(NOOP)")
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
		s.tended = s.checkpoint("PRAGMA wal_checkpoint(PASSIVE)")
		return
	}
	now := s.clock.Now()
	switch {
	case size >= s.policy.most:
		s.reads.end(now)
		s.tended = s.empty("busy_timeout = 1000")
	case size >= s.policy.old:
		s.reads.end(now.Add(-maxRead))
		s.tended = s.empty("busy_timeout = 500")
	default:
		s.tended = s.empty("busy_timeout = 50")
	}
}

// empty begins the log anew, where the readers that need it end in time. Writes wait meanwhile, reads do not.
func (s *Store) empty(patience string) int64 {
	if _, err := s.writer.pragma(patience); err != nil {
		return 0
	}
	defer s.writer.pragma(busyTimeout)
	return s.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)")
}

// checkpoint gives the size of the log after it. That it cannot be carried over now, for want of room or because of readers, is
// no error: it is kept.
func (s *Store) checkpoint(how string) (size int64) {
	err := s.writer.each(context.Background(), how, nil, func(row []any) error {
		frames, _ := row[1].(int64)
		size = frames * s.page
		return nil
	})
	s.note(err)
	return size
}
