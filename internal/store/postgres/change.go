package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// changeTimeout is how long a change of the schema waits for other nodes and for readers, all attempts together.
const changeTimeout = 10 * time.Minute

// changing is set where the schema is changed. An attempt does not wait long for a lock, for whoever asks for the same table meanwhile
// waits behind it; a node that does not say anything for ten seconds, for it was suspended, loses its locks to the others.
var changing = []setting{{"lock_timeout", "2000"}, {"idle_in_transaction_session_timeout", "10000"}, {"statement_timeout", "0"}}

// Rebuild runs f in a transaction that changes the schema. It waits for locks in short attempts, and f is run again after each;
// of several nodes one goes first, and the others find its work done. Connections that keep statements of the schema before are
// let go.
func (s *Store) Rebuild(ctx context.Context, f func(store.Tx) error) error {
	err := s.rebuild(ctx, s.gate(), f)
	s.main.Reset()
	if err == nil {
		err = s.findGate(ctx)
	}
	return err
}

// rebuild runs f in a transaction that begins with a look for a hold. It holds no snapshot between statements, so that what is done
// apart does not wait for it.
func (s *Store) rebuild(ctx context.Context, look string, f func(store.Tx) error) error {
	prelude := opening(readCommitted, changing, look)
	end := s.clock.Now().Add(changeTimeout)
	for run := 0; ; run++ {
		err := s.attempt(ctx, prelude, f)
		if err == nil {
			return nil
		}
		if isLost(err) {
			s.main.Reset()
		}
		if !s.waits(err, run) || s.clock.Now().After(end) || !s.pause(ctx, run) {
			return unchanged(ctx, err)
		}
	}
}

// waits reports whether a change may succeed later: it is whole or not at all, and sees by itself what was done before, so that
// running it again is right also where the outcome is unknown.
func (s *Store) waits(err error, run int) bool {
	var unknown *store.Unknown
	if errors.As(err, &unknown) || isLost(err) {
		return run < maxRuns
	}
	return isConflict(err) || codeOf(err) == "55P03" || isRace(err)
}

// isRace reports that another node made the same thing at the same time: IF NOT EXISTS does not see what is not committed.
func isRace(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	return server.Code == "23505" && server.SchemaName == "pg_catalog"
}

func unchanged(ctx context.Context, err error) error {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return shown(ctx, err)
	}
	switch server.Code {
	case "55P03":
		return fault.New(fault.Unavailable, "other transactions hold what the change needs, and it was given up; end them (pg_stat_activity shows them) and try again").Because(err)
	case "42501":
		return fault.New(fault.Unavailable, "the database's user lacks a right (%s); GRANT it, or make the user the database's owner", server.Message)
	}
	return shown(ctx, err)
}

// Absent reports that an error is that of a table which is not there.
func (s *Store) Absent(err error) bool { return codeOf(err) == "42P01" }

// Alone runs a statement on a connection of its own, outside of any transaction.
func (s *Store) Alone(ctx context.Context, sql string) error {
	c, err := pgx.ConnectConfig(ctx, s.main.Config().ConnConfig)
	if err != nil {
		return shown(ctx, err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = drain(c.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil), nil)
	return shown(ctx, err)
}
