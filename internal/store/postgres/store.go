// Package postgres owns the connection to a PostgreSQL server: consistent reads of rendered statements and write
// transactions over a plain pool. It is enough to run every statement there; retries, several nodes and the change log come
// with the full store. It knows SQL only as text; package sqlgen/postgres makes it.
package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// Store is a pool of connections to one database.
type Store struct{ pool *pgxpool.Pool }

var _ store.Store = (*Store)(nil)

// Open connects to the database of a DSN. Every session reads and prints instants in UTC.
func Open(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "the database's address cannot be read").Because(err)
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["datestyle"] = "ISO"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, shown(ctx, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, shown(ctx, err)
	}
	return &Store{pool}, nil
}

// Dialect is PostgreSQL's.
func (s *Store) Dialect() sqlgen.Dialect { return dialect.Dialect{} }

// Failed is nil: a server that loses its disk loses its connections.
func (s *Store) Failed() <-chan struct{} { return nil }

// Failure is nil; see Failed.
func (s *Store) Failure() error { return nil }

// Close waits for all connections to come back.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// Snapshot begins a repeatable read.
func (s *Store) Snapshot(ctx context.Context) (store.Snapshot, error) {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, shown(ctx, err)
	}
	return &snapshot{from: tx, end: func() error { return tx.Rollback(context.Background()) }}, nil
}

// Once needs no transaction.
func (s *Store) Once(context.Context) (store.Snapshot, error) {
	return &snapshot{from: s.pool, end: func() error { return nil }}, nil
}

// Write runs f in a transaction.
func (s *Store) Write(ctx context.Context, f func(store.Tx) error) error {
	return shown(ctx, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return f(writing{tx}) }))
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type snapshot struct {
	from querier
	end  func() error
}

// Query runs a rendered statement and decodes its rows.
func (q *snapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	var out []plan.Tuple
	err := each(ctx, q.from, stmt.Text, args, func(row [][]byte) error {
		t := make(plan.Tuple, len(stmt.Types))
		out = append(out, t)
		return sqlgen.Decode(dialect.Dialect{}, stmt.Types, row, t)
	})
	return out, shown(ctx, err)
}

func (q *snapshot) Close() error {
	if q.end == nil {
		return nil
	}
	end := q.end
	q.end = nil
	return end()
}

// each calls f with every row in the text format; the row is good until f returns.
func each(ctx context.Context, from querier, sql string, args []any, f func([][]byte) error) error {
	all := append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, args...)
	rows, err := from.Query(ctx, sql, all...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.RawValues()); err != nil {
			return err
		}
	}
	return rows.Err()
}

type writing struct{ tx pgx.Tx }

func (w writing) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := w.tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), shown(ctx, err)
}

func (w writing) Query(ctx context.Context, sql string, args ...any) ([][]any, error) {
	var out [][]any
	err := each(ctx, w.tx, sql, args, func(row [][]byte) error {
		copied := make([]any, len(row))
		for i, column := range row {
			if column != nil {
				copied[i] = string(column)
			}
		}
		out = append(out, copied)
		return nil
	})
	return out, shown(ctx, err)
}

// shown makes an error of the server one that may be shown.
func shown(ctx context.Context, err error) error {
	var f *fault.Fault
	var server *pgconn.PgError
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.Timeout, "canceling statement due to statement timeout").Because(err)
	case errors.Is(err, context.Canceled), ctx.Err() != nil:
		return context.Canceled
	case !errors.As(err, &server):
		return fault.New(fault.Unavailable, "Database connection error").Because(err)
	case server.Code == string(fault.DiskFull):
		return fault.New(fault.DiskFull, "The disk is full").Because(err)
	case server.Code == string(fault.ReadOnly):
		return fault.New(fault.ReadOnly, "cannot write in a read-only database").Because(err)
	case server.Code == string(fault.OutOfRange):
		return fault.New(fault.OutOfRange, "value out of range: overflow").Because(err)
	}
	return fault.New(fault.Internal, "Internal error").Because(err)
}
