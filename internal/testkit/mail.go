package testkit

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// MailServer is a real SMTP server on loopback that keeps what it receives. It ends with the test.
type MailServer struct {
	addr           string
	user, password string
	mechanism      string
	secure         *tls.Config
	implicit, utf8 bool
	roots          *x509.CertPool
	end            chan struct{} // closed when the test ends

	mu       sync.Mutex
	received []ReceivedMail
	changed  chan struct{} // closed when a message comes, and replaced
	refusals map[string]*smtp.SMTPError
	fate     fate
	held     int
}

// fate is what becomes of a message's content.
type fate int

const (
	taken fate = iota
	hung
	dropped
)

// MailOption changes a server before it starts.
type MailOption func(t testing.TB, s *MailServer)

// MailSTARTTLS makes a server encrypt with a throwaway certificate; Roots vouches for it.
func MailSTARTTLS(t testing.TB, s *MailServer) {
	dir := t.TempDir()
	ca, key := certificate(t, dir, "authority", nil, nil)
	certificate(t, dir, "server", ca, key)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.secure, s.roots = &tls.Config{Certificates: []tls.Certificate{pair}}, x509.NewCertPool()
	s.roots.AddCert(ca)
}

// MailTLS is MailSTARTTLS from the first byte on.
func MailTLS(t testing.TB, s *MailServer) {
	MailSTARTTLS(t, s)
	s.implicit = true
}

// MailAuth makes a server take messages only from this user, who signs in by a mechanism: PLAIN or LOGIN.
func MailAuth(mechanism, user, password string) MailOption {
	return func(_ testing.TB, s *MailServer) { s.mechanism, s.user, s.password = mechanism, user, password }
}

// MailUTF8 makes a server offer SMTPUTF8.
func MailUTF8(_ testing.TB, s *MailServer) { s.utf8 = true }

// NewMailServer starts a server. Without options it encrypts nothing and takes everything.
func NewMailServer(t testing.TB, options ...MailOption) *MailServer {
	t.Helper()
	s := &MailServer{changed: make(chan struct{}), refusals: map[string]*smtp.SMTPError{}, end: make(chan struct{})}
	for _, o := range options {
		o(t, s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return s.session(c), nil }))
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "localhost", true, s.utf8
	server.ErrorLog = log.New(io.Discard, "", 0)
	if s.implicit {
		l = tls.NewListener(l, s.secure)
	} else {
		server.TLSConfig = s.secure
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // it ends with the test
	}()
	t.Cleanup(func() {
		close(s.end)
		server.Close()
		_ = l.Close() // where the test ended before the server had begun
		<-done
	})
	return s
}

// URL is the server's address with user and password, as the setting mail.smtp has it.
func (s *MailServer) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.addr}
	if s.implicit {
		u.Scheme = "smtps"
	}
	if s.secure == nil {
		u.RawQuery = "tls=none"
	}
	if s.user != "" {
		u.User = url.UserPassword(s.user, s.password)
	}
	return u.String()
}

// Roots is the authority of a server that encrypts.
func (s *MailServer) Roots() *x509.CertPool { return s.roots }

// Refuse makes the server answer a recipient with a code, 550 or 451 for example; 0 takes his messages again.
func (s *MailServer) Refuse(recipient string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code == 0 {
		delete(s.refusals, recipient)
		return
	}
	s.refusals[recipient] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "not for " + recipient}
}

// Hang makes the server read messages and never answer.
func (s *MailServer) Hang() { s.become(hung) }

// Drop makes the server cut the connection in place of an answer.
func (s *MailServer) Drop() { s.become(dropped) }

// Accept ends Hang and Drop.
func (s *MailServer) Accept() { s.become(taken) }

func (s *MailServer) become(f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fate = f
}

// Received are the messages that were taken, the oldest first.
func (s *MailServer) Received() []ReceivedMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// Wait gives the first message that fits, also one that has come before. A test that waits too long fails.
func (s *MailServer) Wait(t testing.TB, fits func(ReceivedMail) bool) ReceivedMail {
	t.Helper()
	patience := time.NewTimer(30 * time.Second)
	defer patience.Stop()
	for {
		s.mu.Lock()
		received, changed := s.received, s.changed
		s.mu.Unlock()
		if i := slices.IndexFunc(received, fits); i >= 0 {
			return received[i]
		}
		select {
		case <-changed:
		case <-patience.C:
			t.Fatalf("no such mail among the %d that came", len(received))
		}
	}
}

// WaitHanging waits until a message is held by Hang.
func (s *MailServer) WaitHanging(t testing.TB) {
	t.Helper()
	s.WaitHeld(t, 1)
}

// WaitHeld waits until so many messages are held by Hang.
func (s *MailServer) WaitHeld(t testing.TB, n int) {
	t.Helper()
	patience := time.NewTimer(30 * time.Second)
	defer patience.Stop()
	for {
		s.mu.Lock()
		held, changed := s.held, s.changed
		s.mu.Unlock()
		if held >= n {
			return
		}
		select {
		case <-changed:
		case <-patience.C:
			t.Fatalf("%d messages hang, not %d", held, n)
		}
	}
}

// stir wakes who waits; the lock is held.
func (s *MailServer) stir() {
	close(s.changed)
	s.changed = make(chan struct{})
}
