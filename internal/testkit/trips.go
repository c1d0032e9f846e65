package testkit

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// Trips stands between a client and a database and counts how often the client waits for an answer.
type Trips struct {
	URL   string
	count atomic.Int64
}

// NewTrips listens in a folder of its own until the test ends.
func NewTrips(t testing.TB, dsn string) *Trips {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "socle-trips-")
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
	target := filepath.Join(u.Query().Get("host"), socket)
	query := u.Query()
	query.Set("host", dir)
	u.RawQuery = query.Encode()
	c := &Trips{URL: u.String()}
	go func() {
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
			var asked atomic.Bool
			go pass(server, client, func() { asked.Store(true) })
			go pass(client, server, func() {
				if asked.CompareAndSwap(true, false) {
					c.count.Add(1)
				}
			})
		}
	}()
	return c
}

// Count is how often an answer began since it was asked last.
func (c *Trips) Count() int { return int(c.count.Swap(0)) }

// pass copies what comes, and says so before.
func pass(to, from net.Conn, came func()) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			came()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				from.Close()
			}
			return
		}
	}
}
