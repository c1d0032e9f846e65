package testkit

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// between stands before the socket of a database, in a folder of its own, until the test ends: serve gets every client's
// connection with one to the database. The URL leads through it.
func between(t testing.TB, dsn string, serve func(client, server net.Conn)) (through string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "socle-between-")
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		os.RemoveAll(dir)
	})
	query := u.Query()
	target := filepath.Join(query.Get("host"), socket)
	query.Set("host", dir)
	u.RawQuery = query.Encode()
	go accept(l, target, serve)
	return u.String()
}

func accept(l net.Listener, target string, serve func(client, server net.Conn)) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", target)
		if err != nil {
			client.Close()
			continue
		}
		serve(client, server)
	}
}
