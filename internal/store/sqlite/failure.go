package sqlite

import (
	"context"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/fault"
)

// Failed is closed when the store has stopped writing for good: the disk, or the system under it, did not do as it was told, and
// what is on it is known only after the database was opened anew. Reads go on. Whoever serves should stop.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Failure is what every write is answered once the store has failed, nil before.
func (s *Store) Failure() error {
	select {
	case <-s.failed:
		return s.failure
	default:
		return nil
	}
}

func (s *Store) fail(cause error) {
	s.failing.Do(func() {
		s.failure = fault.New(fault.Unavailable, "The database cannot be written any more").
			WithHint("the server must be started again; see its log").Because(cause)
		close(s.failed)
	})
}

// note makes an error of the writer one that may be shown, and stops writing where it is one of the disk.
func (s *Store) note(err error) error { return s.noteFor(context.Background(), err) }

// noteFor is note for the statements of one caller, who may have gone away.
func (s *Store) noteFor(ctx context.Context, err error) error {
	if isBroken(err) {
		s.fail(err)
		return s.Failure()
	}
	return shown(ctx, err)
}

// isBroken reports an error of the disk: reading, writing or flushing went wrong, or what was read is not what was written. A full
// disk and exhausted memory are none, whatever the engine files them under; nor is damage that a virtual table finds in its own.
func isBroken(err error) bool {
	switch extended(err) {
	case sqlite3.SQLITE_IOERR_NOMEM, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_CORRUPT_VTAB:
		return false
	}
	return primary(err) == sqlite3.SQLITE_IOERR || isDamaged(err)
}
