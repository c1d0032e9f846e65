// Command accounts measures what sign-in takes: whether an answer tells by its time that an address has an account, and how others
// fare while many sign in at once. It serves a project of its own on loopback, on SQLite and on a throwaway PostgreSQL.
//
//	make bench-accounts
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
)

func main() {
	samples := flag.Int("samples", 150, "requests of each kind, for addresses with an account and for those without")
	crowd := flag.Int("crowd", 50, "how many sign in at once")
	engine := flag.String("engine", "", "sqlite or postgres; both where not said")
	flag.Parse()
	for _, name := range []string{"sqlite", "postgres"} {
		if *engine != "" && *engine != name {
			continue
		}
		if err := measure(name, *samples, *crowd); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

const project = `name: bench
public_url: http://127.0.0.1
auth: { limits: { sign_in: 10000000, refresh: 10000000, send: 10000000, account: 10000000, mailbox: 10000000 } }
`

const notes = `fields:
  id: uuid
  text: { type: text, default: "" }
policies: { read: true, create: true }
`

// measure serves the project on an engine and prints both tables.
func measure(engine string, samples, crowd int) error {
	dir, err := os.MkdirTemp("", "socle-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	database := ""
	if engine == "postgres" {
		server, err := testkit.NewServer("fsync=on", "synchronous_commit=on")
		if err != nil {
			return err
		}
		defer server.Stop()
		if err := server.Run(context.Background(), "postgres", "CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
			return err
		}
		database = server.URL("bench")
	}
	site, stop, err := serve(dir, database)
	if err != nil {
		return err
	}
	defer stop()
	if err := site.settle(); err != nil {
		return err
	}
	fmt.Printf("%s\n\n", engine)
	if err := site.compare(samples); err != nil {
		return err
	}
	return site.crowded(crowd)
}

// serve starts the project; mail stays in the inbox of dev.
func serve(dir, database string) (*site, func(), error) {
	for name, text := range map[string]string{"socle.yaml": project, "collections/notes.yaml": notes} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, nil, err
		}
	}
	env := func(name string) (string, bool) { return database, database != "" && name == "SOCLE_DATABASE" }
	r, err := app.Open(context.Background(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Dev: true, Clock: clock.System(),
		Log: slog.New(slog.DiscardHandler), Env: env})
	if err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	server := &http.Server{Handler: r}
	app.Go(slog.New(slog.DiscardHandler), "bench", func() { _ = server.Serve(l) })
	stop := func() {
		server.Close()
		r.Close()
	}
	return &site{url: "http://" + l.Addr().String(), publishable: r.Keys.Publishable, secret: r.Keys.Secret,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}}, stop, nil
}
