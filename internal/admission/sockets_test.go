package admission_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
)

// comers is a listener to which connections come as they are sent.
type comers struct {
	come chan net.Conn
	gone chan struct{}
}

func (c comers) Accept() (net.Conn, error) {
	select {
	case conn := <-c.come:
		return conn, nil
	case <-c.gone:
		return nil, net.ErrClosed
	}
}

func (c comers) Close() error   { close(c.gone); return nil }
func (c comers) Addr() net.Addr { return &net.TCPAddr{} }

// guests are the connections of Sockets with room for two, and who of them has come.
type guests struct {
	*admission.Sockets
	comers
	in chan net.Conn
}

func welcome(t *testing.T) *guests {
	l := comers{make(chan net.Conn), make(chan struct{})}
	g := &guests{admission.NewSockets(l, 2, clock.System()), l, make(chan net.Conn, 10)}
	t.Cleanup(func() { g.Sockets.Close() })
	go func() {
		for {
			conn, err := g.Sockets.Accept()
			if err != nil {
				close(g.in)
				return
			}
			g.in <- conn
		}
	}()
	return g
}

// guest is a connection that has come and its client's end.
func (g *guests) guest() (here, there net.Conn) {
	here, there = net.Pipe()
	g.come <- here
	return here, there
}

func (g *guests) entered(conn net.Conn) bool {
	synctest.Wait()
	select {
	case got := <-g.in:
		return got == conn
	default:
		return false
	}
}

func closed(there net.Conn) bool {
	there.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := there.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestWhoIsSilentForLongestMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := welcome(t)
		a, aThere := g.guest()
		b, bThere := g.guest()
		if !g.entered(a) || !g.entered(b) {
			t.Fatal("there is room for two")
		}
		for _, of := range []net.Conn{b, a} { // b has been silent for longer
			g.Changed(of, http.StateActive)
			g.Changed(of, http.StateIdle)
		}
		c, cThere := g.guest()
		if !g.entered(c) || closed(aThere) || !closed(bThere) || closed(cThere) {
			t.Error("b does not make room for c")
		}
		g.Changed(b, http.StateClosed) // was counted off
		g.Changed(a, http.StateClosed)
		if d, _ := g.guest(); !g.entered(d) {
			t.Error("nobody is in a's place, and d is not let in")
		}
	})
}

func TestWhoIsBusyIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := welcome(t)
		a, aThere := g.guest()
		b, bThere := g.guest()
		for _, of := range []net.Conn{a, b} {
			g.entered(of)
			g.Changed(of, http.StateActive)
		}
		c, _ := g.guest()
		time.Sleep(time.Minute)
		if g.entered(c) || closed(aThere) || closed(bThere) {
			t.Error("c is let in while both are busy")
		}
		g.Changed(a, http.StateIdle)
		if !g.entered(c) || !closed(aThere) {
			t.Error("a is silent now, and c is not let in")
		}
	})
}

func TestAFirstRequestIsWaitedForShortly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := welcome(t)
		a, aThere := g.guest()
		b, _ := g.guest()
		g.entered(a)
		g.entered(b)
		c, _ := g.guest()
		if g.entered(c) || closed(aThere) {
			t.Error("a has only just come, and has to go")
		}
		time.Sleep(2 * time.Second)
		if !g.entered(c) || !closed(aThere) {
			t.Error("a says nothing, and stays")
		}
	})
}

func TestWhoWaitsLearnsOfTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := comers{make(chan net.Conn), make(chan struct{})}
		g := &guests{admission.NewSockets(l, 1, clock.System()), l, make(chan net.Conn, 1)}
		ended := make(chan error, 1)
		go func() {
			conn, _ := g.Sockets.Accept()
			g.Changed(conn, http.StateActive)
			_, err := g.Sockets.Accept()
			ended <- err
		}()
		g.guest()
		_, there := g.guest()
		synctest.Wait()
		g.Sockets.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) || !closed(there) {
			t.Error(err)
		}
	})
}
