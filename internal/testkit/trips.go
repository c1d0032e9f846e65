package testkit

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// Trips stands between a client and a database and counts how often the client waits for an answer.
type Trips struct {
	URL   string
	count atomic.Int64
}

// NewTrips stands there until the test ends.
func NewTrips(t testing.TB, dsn string) *Trips {
	t.Helper()
	c := &Trips{}
	c.URL = between(t, dsn, func(client, server net.Conn) {
		var asked atomic.Bool
		go pass(server, client, func() { asked.Store(true) })
		go pass(client, server, func() {
			if asked.CompareAndSwap(true, false) {
				c.count.Add(1)
			}
		})
	})
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
