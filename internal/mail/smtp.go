package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/socle-hq/socle/internal/clock"
)

// patience is how long one message may take, from the name of the server to its last answer.
const patience = 30 * time.Second

// SMTP delivers messages to one server, each over a connection of its own. It is safe for concurrent use.
type SMTP struct {
	host, user, password string
	port                 int
	implicit, plain      bool // TLS from the first byte; no TLS at all
	from                 *mail.Address
	public               string // the host that message ids are of
	roots                *x509.CertPool
	clock                clock.Clock
	ids                  clock.IDs
}

// Option changes how an SMTP sender works.
type Option func(*SMTP)

// WithClock takes time and randomness from c instead of from the system.
func WithClock(c clock.Clock) Option { return func(s *SMTP) { s.clock = c } }

// WithHost names the host that messages come from, as in public_url; otherwise it is the domain of the sender's address.
func WithHost(host string) Option {
	return func(s *SMTP) {
		if name, err := idna.Lookup.ToASCII(host); err == nil && name != "" {
			s.public = name
		}
	}
}

// WithRoots trusts servers that these authorities vouch for, instead of those the system trusts.
func WithRoots(pool *x509.CertPool) Option { return func(s *SMTP) { s.roots = pool } }

// NewSMTP reads the address of a server: smtp://user:password@host:587, where STARTTLS is required, or smtps://…:465. Only on
// this very machine ?tls=none turns encryption off. From is the sender of all messages: Team <team@example.org>. No error says
// what the address holds, because it holds a password.
func NewSMTP(rawURL, from string, options ...Option) (*SMTP, error) {
	s := &SMTP{clock: clock.System()}
	sender, err := address(from)
	if err != nil {
		return nil, errors.New("mail: `from` is an address such as Team <team@example.org>")
	}
	if err := s.server(rawURL); err != nil {
		return nil, fmt.Errorf("mail: `smtp` %w", err)
	}
	s.from, s.public = sender, domainOf(sender)
	for _, o := range options {
		o(s)
	}
	return s, nil
}

// server takes the address apart.
func (s *SMTP) server(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return errors.New("is an address such as smtp://user:password@mail.example.org:587 or smtps://…:465; " +
			"write characters such as @, / or # of a password as %40, %2F or %23")
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return errors.New("has something after the server's port; write / of a password as %2F and # as %23")
	}
	s.host, s.implicit, s.port = u.Hostname(), u.Scheme == "smtps", 587
	if s.implicit {
		s.port = 465
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil || s.port < 1 || s.port > 65535 {
			return errors.New("has a port that is none")
		}
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	if (s.user == "") != (s.password == "") {
		return errors.New("has a user without a password, or a password without a user")
	}
	return s.encryption(u)
}

func (s *SMTP) encryption(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("has parameters that cannot be read; the only one is ?tls=none")
	}
	for name, values := range query {
		if name != "tls" || len(values) != 1 || values[0] != "none" || s.implicit {
			return errors.New("has a parameter that is unknown; the only one is ?tls=none, of smtp://")
		}
		s.plain = true
	}
	if s.plain && !loopback(s.host) {
		return errors.New("turns encryption off for another machine; ?tls=none is for localhost")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// String is the server without user and password.
func (s *SMTP) String() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// GoString keeps the password out of %#v.
func (s *SMTP) GoString() string { return s.String() }

// client is a client whose connection ends with ctx.
func (s *SMTP) client(ctx context.Context) (*gomail.Client, error) {
	config := &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	policy := gomail.TLSMandatory
	if s.plain || s.implicit {
		policy = gomail.NoTLS
	}
	options := []gomail.Option{gomail.WithPort(s.port), gomail.WithHELO(s.public), gomail.WithTimeout(patience),
		gomail.WithTLSConfig(config), gomail.WithTLSPolicy(policy), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			return s.dial(dialing, ctx, network, address, config)
		})}
	if s.user != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&credentials{s}))
	}
	return gomail.NewClient(s.host, options...)
}

// dial connects. What is read and written later knows nothing of contexts, so the connection is closed when life ends.
func (s *SMTP) dial(dialing, life context.Context, network, address string, config *tls.Config) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(dialing, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(life, func() { conn.Close() })
	if !s.implicit {
		return conn, nil
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(dialing); err != nil {
		stop()
		conn.Close()
		return nil, err
	}
	return secure, nil
}
