// Package postgres owns the connections to a PostgreSQL server and its replicas: consistent reads of rendered statements,
// write transactions that are run again after a conflict or a lost connection, changes of the schema, and what is said when
// the server cannot be used. It knows SQL only as text; package sqlgen/postgres makes it.
//
// Arguments are texts. A connection that leads straight to its server keeps statements and bounds them; one that may pass through
// a pooler, which gives each transaction another connection of the server, keeps nothing.
package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// Options say how a database is reached.
type Options struct {
	Replicas    []string    // DSNs of read-only copies; reads of sessions go there
	Connections int         // at most so many to each server; 0: what the DSN says, else defaultConnections
	Clock       clock.Clock // nil: the system's
	Source      string      // where the DSN comes from, for messages: " (of …)"

	Patience time.Duration // how long a session lets statements take that say nothing themselves; 0: half a minute
}

// defaultConnections bounds a pool that nothing else bounds: several nodes share a server's 100.
const defaultConnections = 20

// Store is a pool of connections to one database, and to its replicas.
type Store struct {
	main     *pgxpool.Pool
	reads    *source       // of main
	health   *pgxpool.Pool // one connection that no request can take
	replicas *replicas
	clock    clock.Clock
	marks    marks
	crowd    *crowd
	patience time.Duration
	unsure   atomic.Bool // the last commit was not confirmed in time
	gated    atomic.Bool // writes begin with a look for a hold

	beginning atomic.Pointer[beginning] // of the last write
}

var _ store.Store = (*Store)(nil)

// Open connects to the database of a DSN.
func Open(ctx context.Context, dsn string) (*Store, error) { return OpenWith(ctx, dsn, Options{}) }

// OpenWith connects to the database of a DSN and makes sure that the product can live there. A replica that cannot be
// reached is no error. Errors are faults that say what to do, and never hold a password.
func OpenWith(ctx context.Context, dsn string, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	config, err := configure(dsn, o)
	if err != nil {
		return nil, err
	}
	s := &Store{clock: o.Clock, patience: o.Patience, crowd: newCrowd()}
	if s.main, err = connect(ctx, config); err != nil {
		return nil, err
	}
	s.reads = newSource(s.main, o.Clock)
	one := config.Copy()
	one.MaxConns, one.MinConns = 1, 0
	if s.health, err = pgxpool.NewWithConfig(ctx, one); err == nil {
		s.replicas, err = openReplicas(ctx, o)
	}
	if err == nil {
		err = s.findGate(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Width is how many statements may run at once, on the primary and on the replicas.
func (s *Store) Width() int {
	n := int(s.main.Config().MaxConns)
	for _, pool := range s.replicas.pools() {
		n += int(pool.Config().MaxConns)
	}
	return n
}

// Dialect is PostgreSQL's.
func (s *Store) Dialect() sqlgen.Dialect { return dialect.Dialect{} }

// Failed is nil: a server that is lost comes back, and so do its connections.
func (s *Store) Failed() <-chan struct{} { return nil }

// Failure is nil; see Failed.
func (s *Store) Failure() error { return nil }

// Close waits for all connections to come back.
func (s *Store) Close() error {
	for _, pool := range append([]*pgxpool.Pool{s.main, s.health}, s.replicas.pools()...) {
		if pool != nil {
			pool.Close()
		}
	}
	return nil
}

// pingTimeout is how long a server may take to say that it is there.
const pingTimeout = 2 * time.Second

// Ping reports why the database cannot be used now, nil where it can. It does not wait for requests.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	var err error
	for range 2 { // the connection may be one of before
		if err = s.health.Ping(ctx); err == nil {
			break
		}
		s.health.Reset()
	}
	if err == nil && s.unsure.Load() {
		err = s.probe(ctx)
	}
	return shown(context.Background(), err)
}
