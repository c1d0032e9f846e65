package mail_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/testkit"
)

// fields are those of a message that must stay one line.
var fields = map[string]func(m *mail.Message) *string{
	"ID": func(m *mail.Message) *string { return &m.ID }, "Kind": func(m *mail.Message) *string { return (*string)(&m.Kind) },
	"From": func(m *mail.Message) *string { return &m.From }, "To": func(m *mail.Message) *string { return &m.To },
	"Subject": func(m *mail.Message) *string { return &m.Subject }, "Locale": func(m *mail.Message) *string { return &m.Locale },
	"Link": func(m *mail.Message) *string { return &m.Link }, "Code": func(m *mail.Message) *string { return &m.Code },
	"Unsubscribe": func(m *mail.Message) *string { return &m.Unsubscribe },
}

func TestNoFieldOfAMessageBecomesAHeaderOfItsOwn(t *testing.T) {
	t.Parallel()
	s := testkit.NewMailServer(t, testkit.MailUTF8)
	senders := []mail.Sender{dial(t, s), mail.NewInbox(10)}
	valid := map[string]string{"From": "a@b.test", "To": "a@b.test", "Unsubscribe": "https://x.test/"}
	for name, field := range fields {
		for _, evil := range []string{"\r\nBcc: all@example.org", "\nBcc: all@example.org", "\rBcc: x", "\r\n\r\n<h1>", "\x00", "\u2028Bcc: x", "\u0085Bcc: x", "\xff", "\r\n.\r\nMAIL FROM:<x@y>"} {
			for _, text := range []string{valid[name] + evil, evil + valid[name], "A" + evil + " <a@b.test>"} {
				for _, to := range senders {
					m := message(t)
					*field(&m) = text
					if err := to.Send(context.Background(), m); err == nil || mail.Temporary(err) {
						t.Errorf("%T takes %s %q: %v", to, name, text, err)
					}
				}
			}
		}
	}
	for name, text := range map[string]string{"ID": "a> <b", "Locale": "fr; x", "Unsubscribe": "https://x.test/>, <http://y.test", "To": "a@b.test, c@d.test",
		"From": "nobody", "Subject": " "} {
		m := message(t)
		*fields[name](&m) = text
		if err := senders[0].Send(context.Background(), m); err == nil {
			t.Errorf("%s %q is taken", name, text)
		}
	}
	if n := len(s.Received()) + len(senders[1].(*mail.Inbox).Messages()); n > 0 {
		t.Errorf("%d messages came through", n)
	}
}

func FuzzSend(f *testing.F) {
	s := testkit.NewMailServer(f, testkit.MailUTF8)
	client := dial(f, s)
	base := message(f)
	f.Add("Subject", "Réinitialisez\t=?utf-8?q?x?=", "a@b.test")
	f.Add("Unsubscribe", "https://x.test/?a=%0d%0aBcc:x", "Ann <a@b.test>")
	f.Add("From", "\"A\\\"\" <a@b.test>", "zoë@b.test")
	f.Add("Locale", "fr-CA", "a@[127.0.0.1]")
	f.Fuzz(func(t *testing.T, name, text, recipient string) {
		field, ok := fields[name]
		if !ok {
			return
		}
		m := base
		*field(&m) = text
		m.To = recipient
		err := client.Send(context.Background(), m)
		if err != nil {
			return
		}
		all := s.Received()
		judgeHeaders(t, m, all[len(all)-1])
	})
}

// expected are the headers that a message may have, and each once.
var expected = []string{"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id",
	"Mime-Version", "Subject", "To", "X-Auto-Response-Suppress", "Return-Path", "Received"}

func judgeHeaders(t *testing.T, m mail.Message, got testkit.ReceivedMail) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(got.Header())) {
		if !slices.Contains(expected, name) || len(got.Header()[name]) != 1 {
			t.Fatalf("%+v has the header %s: %q", m, name, got.Header()[name])
		}
	}
	if len(got.To) != 1 || got.Text() != m.Text || got.HTML() != m.HTML {
		t.Fatalf("%+v arrives at %q as\n%s", m, got.To, got.Raw)
	}
	if strings.TrimSpace(got.Subject()) != strings.TrimSpace(m.Subject) && !strings.Contains(m.Subject, "=?") {
		t.Fatalf("the subject %q arrives as %q", m.Subject, got.Subject())
	}
}
