package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/testkit"
)

// server is one of those that are compared.
type server struct {
	*process
	name  string // ours, theLimit or pocketBase
	start func() (*process, error)
	ask   func(k kind, addr string) [][]byte
	count func() (int64, error) // of the comments that it holds; nil: nobody looks

	ups     []time.Duration // sorted
	idle    float64         // MiB
	created int64           // comments it has acknowledged
	failed  int64
}

const (
	ours       = "Socle"
	theLimit   = "limit"
	pocketBase = "PocketBase"
)

// contest is servers over one engine; the first is the product.
type contest struct {
	engine  string
	servers []*server
	close   func()
	url     string // of PostgreSQL
}

const (
	onSQLite   = "SQLite"
	onPostgres = "PostgreSQL"
)

// begin starts every server several times, for its start-up, and then for good.
func (c *contest) begin(ctx context.Context, starts int) error {
	for _, s := range c.servers {
		for i := range starts {
			p, err := s.start()
			if err != nil {
				return fmt.Errorf("%s over %s: %w", s.name, c.engine, err)
			}
			if s.ups = append(s.ups, p.up); i < starts-1 {
				p.stop()
				continue
			}
			s.process = p
		}
		slices.Sort(s.ups)
	}
	select {
	case <-time.After(time.Second): // idle
	case <-ctx.Done():
	}
	for _, s := range c.servers {
		s.idle = s.resident()
	}
	return ctx.Err()
}

// end stops the servers and takes away what they had.
func (c *contest) end() {
	for _, s := range c.servers {
		if s.process != nil {
			s.stop()
		}
	}
	if c.close != nil {
		c.close()
	}
}

// kept looks whether every comment that was acknowledged is there, and no other.
func (c *contest) kept(before int) error {
	var errs []error
	for _, s := range c.servers {
		if s.count == nil {
			continue
		}
		n, err := s.count()
		want := int64(before) + s.created
		if err == nil && (n < want || n > want && s.failed == 0) {
			err = fmt.Errorf("%d comments were acknowledged, %d are there", want, n)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s over %s: %w", s.name, c.engine, err))
		}
	}
	return errors.Join(errs...)
}

// embedded is the contest over SQLite, PocketBase among it where its binary is given.
func (w *world) embedded() (*contest, error) {
	over, err := w.load("")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(w.dir, "limit.db")
	if err := w.sizes.writeDatabase(file); err != nil {
		return nil, err
	}
	counting := func(file string) func() (int64, error) {
		return func() (int64, error) { return countComments(file) }
	}
	c := &contest{engine: onSQLite, servers: []*server{
		{name: ours, start: over.start, ask: over.requests, count: counting(filepath.Join(over.data(), "data.db"))},
		{name: theLimit, start: func() (*process, error) { return startLimit(file) }, ask: over.requests, count: counting(file)},
	}}
	if w.pocketbase == "" {
		return c, nil
	}
	if err := over.fillPocketBase(); err != nil {
		return nil, err
	}
	c.servers = append(c.servers, &server{name: pocketBase, start: over.startPocketBase, ask: over.peerRequests})
	return c, nil
}

// newCluster is one that waits for the disk.
func newCluster() (*testkit.Server, error) {
	return testkit.NewServer("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=4GB")
}

// creation makes an empty database.
func creation(name string) string {
	return "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
}

// overPostgres is the contest over a cluster of its own that waits for the disk, and in it two databases: the product's, and a copy
// of it for the limit.
func (w *world) overPostgres(ctx context.Context) (_ *contest, err error) {
	cluster, err := newCluster()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			cluster.Stop()
		}
	}()
	const mine, copied = "socle", "limited"
	if err := cluster.Run(ctx, "postgres", creation(mine)); err != nil {
		return nil, err
	}
	over, err := w.load(cluster.URL(mine))
	if err != nil {
		return nil, err
	}
	for _, step := range [][2]string{{"postgres", "CREATE DATABASE " + copied + " TEMPLATE " + mine}, {mine, "VACUUM ANALYZE"}, {copied, "VACUUM ANALYZE"}, {"postgres", "CHECKPOINT"}} {
		if err := cluster.Run(ctx, step[0], step[1]); err != nil {
			return nil, err
		}
	}
	counting := func(database string) func() (int64, error) {
		return func() (int64, error) { return countPostgres(context.WithoutCancel(ctx), cluster.URL(database)) }
	}
	return &contest{engine: onPostgres, close: cluster.Stop, url: cluster.URL(mine), servers: []*server{
		{name: ours, start: aided(cluster, over.start), ask: over.requests, count: counting(mine)},
		{name: theLimit, start: aided(cluster, func() (*process, error) { return startLimit(cluster.URL(copied)) }), ask: over.requests, count: counting(copied)},
	}}, nil
}

func countPostgres(ctx context.Context, url string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, "SELECT count(*) FROM comments").Scan(&n)
	return n, err
}

// inside runs something in a folder of its own, which is taken away after it.
func inside(run func(dir string) error) error {
	dir, err := os.MkdirTemp("", "socle-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return run(dir)
}
