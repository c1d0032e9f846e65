package mail

import (
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"
)

// credentials sign in by PLAIN or LOGIN, whichever the server offers, and never over a connection that others can read.
type credentials struct{ *SMTP }

var (
	errOpen   = errors.New("the connection is not encrypted, so the password was not sent")
	errNoAuth = errors.New("the server takes no password by PLAIN or LOGIN")
)

// Start begins signing in.
func (c *credentials) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS && !c.plain {
		return "", nil, errOpen
	}
	switch {
	case slices.Contains(server.Auth, "PLAIN"):
		return "PLAIN", []byte("\x00" + c.user + "\x00" + c.password), nil
	case slices.Contains(server.Auth, "LOGIN"):
		return "LOGIN", nil, nil
	}
	return "", nil, errNoAuth
}

// Next answers a question of the server: LOGIN asks for the name, then for the password.
func (c *credentials) Next(question []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case string(question) == "Username:" || string(question) == "User Name\x00":
		return []byte(c.user), nil
	case string(question) == "Password:" || string(question) == "Password\x00":
		return []byte(c.password), nil
	}
	return nil, errors.New("the server asked for something else than name and password")
}
