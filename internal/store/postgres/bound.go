package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A read without a transaction says nothing of how long it may take, so that a node which is gone would leave it running. A session
// of our own is told once, when it is made. Behind a pooler there is none: there, and where a read may take longer or as long as it
// likes, it is in a transaction which says so, in the same round trip.

// patience is how long a statement outside of a transaction may take where Options do not say.
const patience = 30 * time.Second

// bindOwn bounds a session's statements where it is ours alone: the process at its end has the connection's number.
const bindOwn = "SELECT set_config('statement_timeout', $1, false) WHERE pg_backend_pid() = $2::text::bigint"

// runPlain keeps a session of our own from compiling what it runs: a statement takes some milliseconds, and the compiler, which the
// planner asks where it thinks little of an index, a hundred. A relative that has no such setting is not told.
const runPlain = "SELECT set_config('jit', 'off', false) WHERE current_setting('jit', true) IS NOT NULL AND pg_backend_pid() = $1::text::bigint"

// boundKey is where a connection says that its statements are bounded.
const boundKey = "socle bound"

// bounding has connections of a pool that lead straight to a server bound their statements and run them plainly, unless the DSN says
// how.
func bounding(config *pgxpool.Config, most time.Duration) {
	given := config.ConnConfig.RuntimeParams
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		if before != nil {
			if err := before(ctx, c); err != nil {
				return err
			}
		}
		wire := c.PgConn()
		number := strconv.AppendUint(nil, uint64(wire.PID()), 10)
		if _, is := given["jit"]; !is {
			if _, err := drain(wire.ExecParams(ctx, runPlain, [][]byte{number}, nil, nil, nil), nil); err != nil {
				return err
			}
		}
		if _, is := given["statement_timeout"]; is {
			return nil
		}
		args := [][]byte{strconv.AppendInt(nil, most.Milliseconds(), 10), number}
		_, err := drain(wire.ExecParams(ctx, bindOwn, args, nil, nil, nil), func([][]byte) error {
			wire.CustomData()[boundKey] = true
			return nil
		})
		return err
	}
}

// within reports whether a statement may run no longer than a session of our own lets it.
func (s *Store) within(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return limited && deadline.Sub(s.clock.Now()) <= s.patience
}

// isBounded reports whether the session bounds its statements.
func isBounded(c *pgconn.PgConn) bool {
	own, _ := c.CustomData()[boundKey].(bool)
	return own
}
