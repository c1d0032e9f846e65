package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Send delivers a message, or says why not. An error never holds the password; Temporary tells whether another attempt makes
// sense. No error means that the server has taken the message over.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	out, to, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := s.client(ctx)
	if err != nil {
		return s.failed(ctx, "prepare", err, true)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return s.failed(ctx, "connect", err, true) // what is wrong here is not the message
	}
	defer conn.Close()
	if err := international(conn, to.Address, out); err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(conn, out); err != nil && !out.IsDelivered() {
		return s.failed(ctx, "send", err, !refused(err))
	}
	_ = conn.Quit() // the message is theirs, however they take leave
	return nil
}

// international announces an address that is not ASCII (RFC 6531), and only such a one: a message that was announced so may be
// refused by servers further on.
func international(conn *smtp.Client, to string, out *gomail.Msg) error {
	from, err := out.GetSender(false)
	if err != nil {
		return &unfit{"it has no sender"}
	}
	needed := !ascii(to) || !ascii(from)
	conn.SkipSMTPUTF8(!needed)
	if offered, _ := conn.Extension("SMTPUTF8"); needed && !offered {
		return &unfit{"the mail server does not take addresses with other characters than ASCII before the @ (SMTPUTF8)"}
	}
	return nil
}

// refused reports whether the server will not take this message, now or later (5xx).
func refused(err error) bool {
	var e *gomail.SendError
	return errors.As(err, &e) && e.ErrorCode() >= 500
}

// Failure is the error of an attempt to deliver.
type Failure struct {
	text      string
	temporary bool
	ended     error // the context's error, where that ended the attempt
}

// Error says what happened, without any secret.
func (e *Failure) Error() string { return e.text }

// Unwrap is the error of the context that ended the attempt, if one did.
func (e *Failure) Unwrap() error { return e.ended }

// Temporary reports whether a message that could not be sent may go out later: the network, the server's sign-in or its
// certificate failed, or the server said 4xx. It does not where the server refused the message or its recipient for good
// (5xx), or where the message is no mail at all.
func Temporary(err error) bool {
	var e *Failure
	if errors.As(err, &e) {
		return e.temporary
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (s *SMTP) failed(ctx context.Context, step string, err error, temporary bool) error {
	text := err.Error()
	if s.password != "" {
		text = strings.ReplaceAll(text, s.password, "…")
	}
	text = strings.Join(strings.Fields(text), " ")
	if ctx.Err() != nil {
		return &Failure{fmt.Sprintf("mail: %s at %s: given up: %v", step, s, ctx.Err()), true, ctx.Err()}
	}
	if strings.Contains(text, "does not support STARTTLS") {
		text = "the server offers no encryption (STARTTLS); smtps:// encrypts from the start, ?tls=none is for localhost"
	}
	return &Failure{fmt.Sprintf("mail: %s at %s: %s", step, s, text), temporary, nil}
}
