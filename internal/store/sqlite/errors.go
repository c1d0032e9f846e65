package sqlite

import (
	"context"
	"errors"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/fault"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
)

// primary is SQLite's primary result code behind err, 0 where there is none.
func primary(err error) int {
	return extended(err) & 0xff
}

// extended is SQLite's extended result code behind err, 0 where there is none: the driver's errors have it, and ours.
func extended(err error) int {
	var e interface {
		error
		Code() int
	}
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func isNotDatabase(err error) bool { return primary(err) == sqlite3.SQLITE_NOTADB }
func isFull(err error) bool        { return primary(err) == sqlite3.SQLITE_FULL }

func isReadOnly(err error) bool {
	code := primary(err)
	return code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_PERM || code == sqlite3.SQLITE_CANTOPEN
}

func full(err error) error {
	return fault.New(fault.DiskFull, "The disk is full").Because(err)
}

// shown makes an error of the engine one that may be shown. Faults, and the error of a caller that went away, stay.
func shown(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.Timeout, "canceling statement due to statement timeout").Because(err)
	case errors.Is(err, context.Canceled), ctx.Err() != nil:
		return context.Canceled
	}
	if strings.Contains(err.Error(), dialect.ErrOverflow.Error()) {
		return fault.New(fault.OutOfRange, "%s", dialect.ErrOverflow).Because(err)
	}
	switch primary(err) {
	case sqlite3.SQLITE_FULL:
		return full(err)
	case sqlite3.SQLITE_IOERR:
		if extended(err) == sqlite3.SQLITE_IOERR_SHMSIZE { // the index of the log finds no room
			return full(err)
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fault.New(fault.Internal, "The database is damaged").WithHint("a backup must be restored; see the server's log").Because(err)
	case sqlite3.SQLITE_READONLY:
		return fault.New(fault.ReadOnly, "cannot write in a read-only database").Because(err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN:
		return fault.New(fault.Unavailable, "Database connection error").Because(err)
	}
	return fault.New(fault.Internal, "Internal error").Because(err)
}
