package admission

import (
	"container/list"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

// Sockets is a listener with a bound on its connections, below that of the process's open files: what else needs a file finds
// one. Where all are taken and somebody new comes, the connection on which nothing has been asked for longest is closed. Where
// something is asked on all of them, the new one waits.
//
// Its server tells it of every change of a connection's state.
type Sockets struct {
	net.Listener
	clock clock.Clock
	most  int

	mu      sync.Mutex
	known   map[net.Conn]*list.Element
	order   *list.List    // of *socket, by when they fell silent
	silent  int           // on how many of them nothing is asked
	changed chan struct{} // closed when who waits may look again; nil where nobody does
	closed  bool
}

// socket is one connection, and since when nothing is asked on it.
type socket struct {
	conn   net.Conn
	silent bool
	fresh  bool // nothing has ever been asked
	since  time.Time
}

// freshTime is how long a new connection is left alone: its first request is on its way.
const freshTime = time.Second

// NewSockets bounds the connections of a listener.
func NewSockets(l net.Listener, most int, clk clock.Clock) *Sockets {
	return &Sockets{Listener: l, clock: clk, most: max(1, most), known: map[net.Conn]*list.Element{}, order: list.New()}
}

// Accept gives the next connection once there is room for it.
func (s *Sockets) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	for {
		wait, soon, err := s.admit(conn)
		if err != nil {
			conn.Close()
			return nil, err
		}
		if wait == nil {
			return conn, nil
		}
		t := time.NewTimer(soon)
		select {
		case <-wait:
		case <-t.C:
		}
		t.Stop()
	}
}

// admit makes a connection known, closing another for it where it has to. Without room it says what to wait for, and for how long.
func (s *Sockets) admit(conn net.Conn) (wait <-chan struct{}, soon time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, net.ErrClosed
	}
	if len(s.known) >= s.most && !s.evict() {
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		return s.changed, freshTime, nil
	}
	s.known[conn] = s.order.PushBack(&socket{conn: conn, silent: true, fresh: true, since: s.clock.Now()})
	s.silent++
	return nil, 0, nil
}

// evict closes the connection that has been silent for longest. The caller holds mu.
func (s *Sockets) evict() bool {
	if s.silent == 0 {
		return false
	}
	for e := s.order.Front(); e != nil; e = e.Next() {
		of := e.Value.(*socket)
		if !of.silent || of.fresh && s.clock.Now().Sub(of.since) < freshTime {
			continue
		}
		s.forget(e)
		of.conn.Close()
		return true
	}
	return false
}

// forget counts a connection no more. The caller holds mu.
func (s *Sockets) forget(e *list.Element) {
	of := s.order.Remove(e).(*socket)
	delete(s.known, of.conn)
	if of.silent {
		s.silent--
	}
}

// Changed is for http.Server.ConnState.
func (s *Sockets) Changed(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.known[conn]
	if !ok {
		return
	}
	of := e.Value.(*socket)
	switch state {
	case http.StateActive:
		if of.silent {
			of.silent, of.fresh = false, false
			s.silent--
		}
		return
	case http.StateIdle:
		if !of.silent {
			of.silent = true
			s.silent++
		}
		s.order.MoveToBack(e)
	case http.StateClosed, http.StateHijacked:
		s.forget(e)
	default:
		return
	}
	s.call()
}

// call wakes who waits. The caller holds mu.
func (s *Sockets) call() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Close ends the listener, and the wait of who is about to be let in.
func (s *Sockets) Close() error {
	s.mu.Lock()
	s.closed = true
	s.call()
	s.mu.Unlock()
	return s.Listener.Close()
}
