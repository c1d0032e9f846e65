package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/socle-hq/socle/internal/fault"
)

// codeOf is the server's SQLSTATE behind err, "" where the server has not spoken.
func codeOf(err error) string {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return server.Code
	}
	return ""
}

// isConflict reports that another transaction was in the way, and that nothing was kept.
func isConflict(err error) bool {
	if isForgotten(err) {
		return true
	}
	switch codeOf(err) {
	case "40001", "40P01":
		return true
	case "XX000":
		return strings.Contains(err.Error(), "could not commit transaction for shard") || strings.Contains(err.Error(), "tuple concurrently updated")
	case "23505": // two servers make the same table, also with IF NOT EXISTS: it is the system's catalogue that has one already
		return strings.HasPrefix(constraintOf(err), "pg_")
	}
	return false
}

// constraintOf is the constraint that the server names, "" where it names none.
func constraintOf(err error) string {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return server.ConstraintName
	}
	return ""
}

// readOnly is what a server says that takes no writes.
const readOnly = "25006"

// isLost reports that the connection broke, or leads to a server that is going or takes no writes.
func isLost(err error) bool {
	if err == nil {
		return false
	}
	if _, never := errors.AsType[*pgconn.ConnectError](err); never {
		return true
	}
	switch code := codeOf(err); {
	case code != "":
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P0") || code == readOnly || code == "25P03"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	var wire interface{ SafeToRetry() bool } // an error of the driver's own
	var network net.Error
	return errors.As(err, &wire) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
}

// failsOver reports that the primary may answer where a replica did not: it is gone, is behind, or gave way to what it copies.
func failsOver(err error) bool {
	if _, ok := errors.AsType[unfit](err); ok {
		return false
	}
	var f *fault.Fault
	return isLost(err) || isConflict(err) || errors.As(err, &f) || isOlder(err)
}

// isOlder reports that a statement speaks of what is not in the schema: it was changed by another node.
func isOlder(err error) bool {
	switch codeOf(err) {
	case "42P01", "42703", "3F000":
		return true
	}
	return false
}

// shown makes an error of the server one that may be shown.
func shown(ctx context.Context, err error) error {
	var f *fault.Fault
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded) && !isLost(err), codeOf(err) == string(fault.Timeout):
		return fault.New(fault.Timeout, "canceling statement due to statement timeout").Because(err)
	case ctx.Err() != nil, errors.Is(err, context.Canceled) && !isLost(err):
		return context.Canceled
	case isLost(err):
		return unreachable(err)
	case isConflict(err):
		return fault.New(fault.Unavailable, "could not serialize access due to concurrent update").Because(err)
	case isOlder(err):
		return fault.New(fault.Unavailable, "The database's schema is not the one this server began with").
			WithHint("another server has changed it; this one has to be started with the same project").Because(err)
	}
	switch code := codeOf(err); code {
	case string(fault.DiskFull):
		return fault.New(fault.DiskFull, "The disk is full").Because(err)
	case string(fault.TooLarge):
		return fault.New(fault.TooLarge, "a value is longer than an index holds").OfRow().Because(err)
	case string(fault.OutOfRange):
		return fault.New(fault.OutOfRange, "value out of range: overflow").Because(err)
	case "53200", "53300", "53400", "55P03":
		return unreachable(err)
	}
	return fault.New(fault.Internal, "Internal error").Because(err)
}

func unreachable(err error) error {
	return fault.New(fault.Unavailable, "Database connection error").Because(err)
}
