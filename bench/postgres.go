package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/testkit"
)

// The benchmark over PostgreSQL: a cluster of its own that waits for the disk, and in it two databases, the product's and a copy
// of it for the limit.
const ours, theirs = "socle", "limited"

// pgClients are how many ask at the same time.
var pgClients = []int{8, 32, 500}

// measurePostgres starts the cluster and both servers, and compares them.
func measurePostgres(o options) error {
	server, err := testkit.NewServer("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=4GB")
	if err != nil {
		return err
	}
	defer server.Stop()
	ctx := context.Background()
	if err := server.Run(ctx, "postgres", "CREATE DATABASE "+ours+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "socle-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	err = errors.Join(os.Setenv("SOCLE_DATABASE", server.URL(ours)), os.Setenv("SOCLE_DATABASE_POOL", strconv.Itoa(pgConnections)))
	if err != nil {
		return err
	}
	w, err := newWorld(o, dir)
	if err != nil {
		return err
	}
	socle, err := w.startSocle("--apply")
	if err != nil {
		return err
	}
	socle.stop()
	for _, sql := range []string{"CREATE DATABASE " + theirs + " TEMPLATE " + ours, "CHECKPOINT"} {
		if err := server.Run(ctx, "postgres", sql); err != nil {
			return err
		}
	}
	for _, database := range []string{ours, theirs} {
		if err := server.Run(ctx, database, "VACUUM ANALYZE"); err != nil {
			return err
		}
	}
	return w.comparePostgres(ctx, server)
}

// comparePostgres measures reads, then writes, then looks for what was acknowledged.
func (w *world) comparePostgres(ctx context.Context, server *testkit.Server) error {
	socle, err := w.startSocle()
	if err != nil {
		return err
	}
	defer socle.stop()
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	limit, err := launch(addr, self, "-postgres", "-limit", addr, "-rows", server.URL(theirs))
	if err != nil {
		return err
	}
	defer limit.stop()
	aid := func() time.Duration { return cpuBelow(postmaster(server.Dir)) }
	socle.aid, limit.aid = aid, aid
	for _, k := range reads {
		if err := w.alike(k, socle.addr, limit.addr); err != nil {
			return err
		}
	}
	heading()
	p := w.beside(socle, limit)
	count := [2]int64{int64(len(w.rows.Comments)), int64(len(w.rows.Comments))}
	for _, k := range append(append([]kind{}, reads...), writes...) {
		if !strings.Contains(k.name, w.only) {
			continue
		}
		size := int64(1)
		if k.name == "insert of 100" {
			size = bulk
		}
		for _, clients := range w.crowds(pgClients...) {
			a, b, err := w.compare(p, k, clients, w.rounds, w.round)
			if err != nil {
				return err
			}
			count[0], count[1] = count[0]+a.created*size, count[1]+b.created*size
		}
	}
	fmt.Printf("\nmemory now      socle %.1f MiB, limit %.1f MiB; highest: socle %.1f MiB, limit %.1f MiB\n",
		socle.resident(), limit.resident(), socle.highest(), limit.highest())
	return errors.Join(pgKept(ctx, server, ours, count[0]), pgKept(ctx, server, theirs, count[1]))
}

// pgKept looks whether every acknowledged comment is there.
func pgKept(ctx context.Context, server *testkit.Server, database string, want int64) error {
	conn, err := pgx.Connect(ctx, server.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var n int64
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM comments").Scan(&n); err != nil {
		return err
	}
	if n != want {
		return fmt.Errorf("%s: %d comments were acknowledged, %d are there", database, want, n)
	}
	return nil
}

// postmaster is the process that all others of a cluster come from, 0 where it does not run.
func postmaster(dir string) int {
	text, _ := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

// cpuBelow is the processor time of a process, of those it has started, and of those of them that ended.
func cpuBelow(pid int) time.Duration {
	total := cpuOf(pid, 11, 15)
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		child, _ := strconv.Atoi(filepath.Base(dir))
		if words := statOf(child); len(words) > 1 && words[1] == strconv.Itoa(pid) {
			total += cpuOf(child, 11, 13)
		}
	}
	return total
}
