package testkit

import (
	"errors"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

var errWrongPassword = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong user or password"}

// session takes the messages of one connection.
func (s *MailServer) session(c *smtp.Conn) smtp.Session {
	base := &mailSession{server: s, conn: c}
	if s.user == "" {
		return base
	}
	return &signedSession{base}
}

type mailSession struct {
	server *MailServer
	conn   *smtp.Conn
	user   string
	mail   ReceivedMail
}

func (m *mailSession) Reset()        { m.mail = ReceivedMail{} }
func (m *mailSession) Logout() error { return nil }

func (m *mailSession) Mail(from string, o *smtp.MailOptions) error {
	if m.server.user != "" && m.user == "" {
		return smtp.ErrAuthRequired
	}
	_, secure := m.conn.TLSConnectionState()
	m.mail = ReceivedMail{From: from, TLS: secure, UTF8: o.UTF8, User: m.user, Host: m.conn.Hostname()}
	return nil
}

func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	if e := m.server.refusals[to]; e != nil {
		return e
	}
	m.mail.To = append(m.mail.To, to)
	return nil
}

func (m *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s := m.server
	s.mu.Lock()
	f := s.fate
	s.mu.Unlock()
	switch f {
	case hung:
		s.mu.Lock()
		s.held++
		s.stir()
		s.mu.Unlock()
		<-s.end
		return errors.New("the test has ended")
	case dropped:
		return m.conn.Conn().Close()
	}
	mail := m.mail
	mail.Raw = raw
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, mail)
	s.stir()
	return nil
}

// signedSession is a session that wants a password first.
type signedSession struct{ *mailSession }

func (m *signedSession) AuthMechanisms() []string { return []string{m.server.mechanism} }

func (m *signedSession) Auth(string) (sasl.Server, error) {
	verify := func(user, password string) error {
		if user != m.server.user || password != m.server.password {
			return errWrongPassword
		}
		m.user = user
		return nil
	}
	if m.server.mechanism == "LOGIN" {
		return &loginServer{verify: verify}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return verify(user, password) }), nil
}

// loginServer asks for a name and a password, one after the other.
type loginServer struct {
	verify func(user, password string) error
	asked  int
	user   string
}

func (l *loginServer) Next(answer []byte) (question []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(answer)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.verify(l.user, string(answer))
}
