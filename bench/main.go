// Command bench measures bin/socle over real HTTP on loopback: over SQLite and PostgreSQL, beside limits, which are servers written
// by hand for exactly these requests with the same drivers, and beside PocketBase, all with the same rows, indexes and rules. Rounds
// alternate, so that all feel the same machine. It writes docs/performance.md. It knows nothing of the product but its binary and its
// API, so that it measures what users get.
//
//	make bench
//	make bench-growth
//	make bench-import
//	make bench-postgres
//	make bench-pocketbase
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	binary     string
	sqlite     bool
	postgres   bool
	pocketbase string // the binary of bench/pocketbase; empty: without it
	clients    int
	rounds     int
	length     time.Duration // of a round
	starts     int
	only       string // kinds of requests whose names contain this
	write      bool
	document   string

	growth         int // the largest number of rows; 0: growth is not measured
	growthPostgres int // … over PostgreSQL
	imported       int // rows to import; 0: requests are measured

	limit string // address to serve the limit at, in the child process
	rows  string // its database
}

// partly are the flags of a run that says less than the document does.
var partly = map[string]bool{"sqlite": true, "postgres": true, "clients": true, "rounds": true, "round": true, "only": true}

func parse(args []string) (options, error) {
	o := options{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.binary, "socle", "bin/socle", "the binary to measure")
	f.BoolVar(&o.sqlite, "sqlite", true, "measure over SQLite")
	f.BoolVar(&o.postgres, "postgres", true, "measure over a throwaway PostgreSQL")
	f.StringVar(&o.pocketbase, "pocketbase", "", "the binary of bench/pocketbase, to measure it too")
	f.IntVar(&o.clients, "clients", 0, "connections, each with one request at a time; 0: 32, then 500")
	f.IntVar(&o.rounds, "rounds", 3, "rounds per kind of request and server")
	f.DurationVar(&o.length, "round", time.Second, "length of a round")
	f.IntVar(&o.starts, "starts", 5, "starts of each server that are timed")
	f.StringVar(&o.only, "only", "", "only the kinds of requests whose names contain this")
	f.BoolVar(&o.write, "write", false, "write the document also after a run of a part")
	f.StringVar(&o.document, "document", "docs/performance.md", "the document")
	f.IntVar(&o.growth, "growth", 0, "measure how costs grow instead, up to so many rows")
	f.IntVar(&o.growthPostgres, "growth-postgres", 1_000_000, "… but over PostgreSQL up to so many at most")
	f.IntVar(&o.imported, "import", 0, "measure an import of so many rows instead")
	f.StringVar(&o.limit, "limit", "", "serve the limit at this address instead (used by the program itself)")
	f.StringVar(&o.rows, "rows", "", "the limit's database")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	whole := o.pocketbase != "" || o.growth > 0
	f.Visit(func(set *flag.Flag) { whole = whole && !partly[set.Name] })
	o.write = o.write || whole
	if o.rounds < 1 || o.length <= 0 || o.starts < 1 || o.clients < 0 {
		return o, errors.New("-rounds, -round and -starts are at least one, -clients is not negative")
	}
	return o, nil
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if o.limit != "" { // ends when it is told to, as a child
		fmt.Fprintln(os.Stderr, "limit:", serveLimit(o))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	switch {
	case o.imported > 0:
		return measureImport(o)
	case o.growth > 0:
		return measureGrowth(ctx, o)
	}
	return measure(ctx, o)
}
