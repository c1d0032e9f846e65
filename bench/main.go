// Command bench measures bin/socle over real HTTP on loopback, beside a limit: a server written by hand for exactly these
// requests, with net/http, the same SQLite driver, prepared statements, the same rows and indexes, and writes that share
// commits which wait for the disk. Rounds alternate, so that both feel the same machine. It prints requests per second, percentiles, processor time, memory and the ratio to the limit.
//
//	make bench
//	make bench-import
//	make bench-postgres
//	make bench-pocketbase
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// options are the command line's.
type options struct {
	binary  string
	project string
	clients int
	rounds  int
	round   time.Duration
	limit   string // address to serve the limit at, in the child process
	rows    string // its database

	postgres bool   // over a PostgreSQL of the benchmark's own
	only     string // kinds of requests whose names contain this

	pocketbase string // the binary of bench/pocketbase: it is the one to compare with

	imported int // rows to import; 0: requests are measured
}

func main() {
	var o options
	flag.StringVar(&o.binary, "socle", "bin/socle", "the binary to measure")
	flag.StringVar(&o.project, "project", "examples/team", "the project it serves")
	flag.IntVar(&o.clients, "clients", 0, "connections, each with one request at a time; 0: 8 for reads, 32 and 500 for writes, all three over PostgreSQL")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds per request kind and server")
	flag.DurationVar(&o.round, "round", 1500*time.Millisecond, "length of a round")
	flag.StringVar(&o.limit, "limit", "", "serve the limit at this address instead (used by the program itself)")
	flag.StringVar(&o.rows, "rows", "", "the limit's database")
	flag.BoolVar(&o.postgres, "postgres", false, "compare over a throwaway PostgreSQL instead of SQLite")
	flag.StringVar(&o.only, "only", "", "with -postgres: only the kinds of requests whose names contain this")
	flag.StringVar(&o.pocketbase, "pocketbase", "", "compare with PocketBase instead: the binary of bench/pocketbase")
	flag.IntVar(&o.imported, "import", 0, "measure an import of so many rows instead")
	flag.Parse()
	run := measure
	switch {
	case o.limit != "" && o.postgres:
		run = servePostgresLimit
	case o.limit != "":
		run = serveLimit
	case o.postgres:
		run = measurePostgres
	case o.pocketbase != "":
		run = measurePocketBase
	case o.imported > 0:
		run = measureImport
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure starts both servers over the same rows and compares them.
func measure(o options) error {
	dir, err := os.MkdirTemp("", "socle-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := newWorld(o, dir)
	if err != nil {
		return err
	}
	socle, err := w.startSocle("--apply")
	if err != nil {
		return err
	}
	socle.stop()
	if err := w.startUp(); err != nil {
		return err
	}
	if socle, err = w.startSocle(); err != nil {
		return err
	}
	defer socle.stop()
	limit, err := w.startLimit()
	if err != nil {
		return err
	}
	defer limit.stop()
	time.Sleep(time.Second) // idle
	fmt.Printf("idle memory     socle %.1f MiB, limit %.1f MiB\n\n", socle.resident(), limit.resident())
	p := w.beside(socle, limit)
	if err := w.compareReads(p); err != nil {
		return err
	}
	fmt.Println()
	if err := w.compareWrites(p); err != nil {
		return err
	}
	fmt.Printf("\nmemory now      socle %.1f MiB, limit %.1f MiB; highest: socle %.1f MiB, limit %.1f MiB\n",
		socle.resident(), limit.resident(), socle.highest(), limit.highest())
	return nil
}
