package testkit

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Cutter stands between a client and a database and cuts every connection at the byte it is told.
type Cutter struct {
	URL string

	mu    sync.Mutex
	left  int // bytes until the cut; -1: none is due
	conns map[net.Conn]bool
	cuts  int
	held  bool // nobody gets through
}

// NewCutter stands there until the test ends.
func NewCutter(t testing.TB, dsn string) *Cutter {
	t.Helper()
	c := &Cutter{left: -1, conns: map[net.Conn]bool{}}
	t.Cleanup(c.cut)
	c.URL = between(t, dsn, c.join)
	return c
}

// After makes the next cut happen after so many bytes, both directions counted together.
func (c *Cutter) After(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = bytes
}

// Cuts is how many were made.
func (c *Cutter) Cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts
}

// Hold cuts every connection, and lets nobody through before Heal.
func (c *Cutter) Hold() {
	c.hold(true)
	c.cut()
}

// Heal lets connections through again.
func (c *Cutter) Heal() { c.hold(false) }

func (c *Cutter) hold(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = on
}

func (c *Cutter) join(client, server net.Conn) {
	c.mu.Lock()
	held := c.held
	c.conns[client], c.conns[server] = true, true
	c.mu.Unlock()
	if held {
		c.drop(client, server)
		return
	}
	go c.pass(server, client)
	go c.pass(client, server)
}

func (c *Cutter) pass(to, from net.Conn) {
	defer c.drop(to, from)
	raw := make([]byte, 8192)
	for {
		n, err := from.Read(raw)
		n, cut := c.allowed(n)
		if _, wrong := to.Write(raw[:n]); wrong != nil || err == io.EOF || err != nil {
			return
		}
		if cut {
			c.cut()
			return
		}
	}
}

// allowed is how many of n bytes may pass, and whether the cut comes after them.
func (c *Cutter) allowed(n int) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.left < 0:
		return n, false
	case n < c.left:
		c.left -= n
		return n, false
	}
	n, c.left = c.left, -1
	c.cuts++
	return n, true
}

func (c *Cutter) drop(conns ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range conns {
		delete(c.conns, x)
		x.Close()
	}
}

func (c *Cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for x := range c.conns {
		x.Close()
	}
	clear(c.conns)
}
