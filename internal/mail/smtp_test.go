package mail_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/testkit"
)

const sender = "Équipe <team@example.org>"

func dial(t testing.TB, s *testkit.MailServer, options ...mail.Option) *mail.SMTP {
	t.Helper()
	if roots := s.Roots(); roots != nil {
		options = append(options, mail.WithRoots(roots))
	}
	out, err := mail.NewSMTP(s.URL(), sender, options...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// message is a rendered one with everything in it that headers and encodings have trouble with.
func message(t testing.TB) mail.Message {
	t.Helper()
	templates := project(t, map[string]string{"mail/recovery.txt": "Subject: Réinitialisez « {{.Name}} » 🔑 — " + strings.Repeat("mot ", 20) +
		"\n\n.begins with a dot\n..two\n" + strings.Repeat("é", 700) + "\n=3D trailing\n\n{{.Link}}\n"})
	d := templates.Sample(mail.Recovery)
	d.Name = "Zoë, <x> \"q\""
	return render(t, templates, mail.Recovery, "fr", d)
}

func to(address string) func(testkit.ReceivedMail) bool {
	return func(m testkit.ReceivedMail) bool { return len(m.To) == 1 && m.To[0] == address }
}

func TestWhatIsSentArrivesWhole(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]testkit.MailOption{
		"plain":    nil,
		"STARTTLS": {testkit.MailSTARTTLS},
		"TLS":      {testkit.MailTLS},
		"PLAIN":    {testkit.MailSTARTTLS, testkit.MailAuth("PLAIN", "app@example.org", "s3:cr/t@#%")},
		"LOGIN":    {testkit.MailTLS, testkit.MailAuth("LOGIN", "app", "s3cret")},
		"loopback": {testkit.MailAuth("PLAIN", "app", "s3cret")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.NewMailServer(t, options...)
			m := message(t)
			if err := dial(t, s).Send(context.Background(), m); err != nil {
				t.Fatal(err)
			}
			got := s.Wait(t, to("ann@example.org"))
			if got.From != "team@example.org" || got.TLS != (s.Roots() != nil) || (got.User == "") == strings.Contains(s.URL(), "@") || got.UTF8 {
				t.Errorf("from %s, TLS %v, user %q, UTF8 %v", got.From, got.TLS, got.User, got.UTF8)
			}
			if diff := cmp.Diff([]string{m.Subject, m.Text, m.HTML}, []string{got.Subject(), got.Text(), got.HTML()}); diff != "" {
				t.Error(diff)
			}
			if link := got.Link(t); link != m.Link {
				t.Errorf("the link is %s", link)
			}
			for line := range strings.Lines(string(got.Raw)) {
				if len(line) > 1000 || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\r") || !strings.HasSuffix(line, "\r\n") {
					t.Errorf("a line of %d bytes: %q", len(line), line)
				}
			}
		})
	}
}

func TestHeadersSayWhoWhenAndThatAMachineWrote(t *testing.T) {
	t.Parallel()
	s := testkit.NewMailServer(t)
	at := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	client := dial(t, s, mail.WithHost("api.bücher.test"), mail.WithClock(clock.Fixed(at, strings.NewReader(strings.Repeat("x", 64)))))
	m := message(t)
	m.Unsubscribe = "https://api.example.org/unsubscribe/" + strings.Repeat("0123456789", 20)
	if err := client.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	got := s.Wait(t, to("ann@example.org"))
	h := got.Header()
	from, err := h.AddressList("From")
	date, errDate := h.Date()
	if err != nil || errDate != nil || from[0].Name != "Équipe" || from[0].Address != "team@example.org" || !date.Equal(at) {
		t.Errorf("from %v at %v: %v, %v", from, date, err, errDate)
	}
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Errorf("%s: %v", media, err)
	}
	want := map[string]string{"Auto-Submitted": "auto-generated", "List-Unsubscribe": "<" + m.Unsubscribe + ">", "To": "<ann@example.org>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Mime-Version": "1.0", "X-Auto-Response-Suppress": "All", "User-Agent": "", "X-Mailer": "", "Bcc": ""}
	for name, value := range want {
		if h.Get(name) != value || len(h[name]) > 1 {
			t.Errorf("%s is %q, want %q", name, h[name], value)
		}
	}
	if id := h.Get("Message-Id"); !strings.HasSuffix(id, "@api.xn--bcher-kva.test>") || len(id) < 40 || got.Host != "api.xn--bcher-kva.test" {
		t.Errorf("Message-ID %s, host %s", id, got.Host)
	}
	if strings.Index(string(got.Raw), "text/plain") > strings.Index(string(got.Raw), "text/html") {
		t.Error("the text part comes after the HTML part, so that programs would prefer it")
	}
}

func TestAMessageKeepsItsIDAndDateOverAttempts(t *testing.T) {
	t.Parallel()
	s := testkit.NewMailServer(t)
	client := dial(t, s)
	m := message(t)
	m.ID, m.At, m.Locale = "0190f3a1-7c5e", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), "fr"
	m.Unsubscribe = "mailto:stop@example.org?subject=stop"
	for range 2 {
		if err := client.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, got := range s.Received() {
		h := got.Header()
		if h.Get("Message-Id") != "<0190f3a1-7c5e@example.org>" || h.Get("Date") != "Mon, 01 Jan 2024 00:00:00 +0000" || h.Get("Content-Language") != "fr" ||
			h.Get("List-Unsubscribe") != "<"+m.Unsubscribe+">" || h.Get("List-Unsubscribe-Post") != "" {
			t.Errorf("%v", h)
		}
	}
	m.ID = ""
	for range 2 {
		if err := client.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	if all := s.Received(); len(all) != 4 || all[2].Header().Get("Message-Id") == all[3].Header().Get("Message-Id") {
		t.Error("two messages have one Message-ID")
	}
}

func TestAMessageOfTextAloneHasOnePart(t *testing.T) {
	t.Parallel()
	s := testkit.NewMailServer(t)
	m := message(t)
	m.HTML = ""
	if err := dial(t, s).Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if got := s.Wait(t, to("ann@example.org")); got.Text() != m.Text || got.HTML() != "" {
		t.Errorf("%s", got.Raw)
	}
}

func TestAddressesOfTheWholeWorld(t *testing.T) {
	t.Parallel()
	old, modern := testkit.NewMailServer(t), testkit.NewMailServer(t, testkit.MailUTF8)
	for _, c := range []struct {
		to, envelope string
		utf8         bool
	}{
		{"ann@bücher.example", "ann@xn--bcher-kva.example", false},
		{"Ann Ünal <ann@EXAMPLE.org>", "ann@example.org", false},
		{`"odd, one"@example.org`, `"odd, one"@example.org`, false},
		{"zoë@bücher.example", "zoë@xn--bcher-kva.example", true},
	} {
		m := message(t)
		m.To = c.to
		if err := dial(t, modern).Send(context.Background(), m); err != nil {
			t.Errorf("%s: %v", c.to, err)
			continue
		}
		got := modern.Received()[len(modern.Received())-1]
		if strings.Trim(got.To[0], `"`) != strings.Trim(c.envelope, `"`) && got.To[0] != "odd, one@example.org" || got.UTF8 != c.utf8 {
			t.Errorf("%s arrives at %q, UTF8 %v", c.to, got.To, got.UTF8)
		}
		if list, err := got.Header().AddressList("To"); err != nil || len(list) != 1 {
			t.Errorf("%s: the header is %q: %v", c.to, got.Header().Get("To"), err)
		}
		err := dial(t, old).Send(context.Background(), m)
		if c.utf8 != (err != nil) || mail.Temporary(err) || err != nil && !strings.Contains(err.Error(), "SMTPUTF8") {
			t.Errorf("%s over a server without SMTPUTF8: %v", c.to, err)
		}
	}
}

func TestRefusalsForGoodAndForNow(t *testing.T) {
	t.Parallel()
	s := testkit.NewMailServer(t)
	client := dial(t, s)
	for code, temporary := range map[int]bool{550: false, 552: false, 451: true, 421: true} {
		m := message(t)
		m.To = fmt.Sprintf("r%d@example.org", code)
		s.Refuse(m.To, code)
		err := client.Send(context.Background(), m)
		if err == nil || mail.Temporary(err) != temporary || !strings.Contains(err.Error(), fmt.Sprint(code)) || !strings.Contains(err.Error(), client.String()) {
			t.Errorf("%d: %v, temporary %v", code, err, mail.Temporary(err))
		}
		s.Refuse(m.To, 0)
		if err := client.Send(context.Background(), m); err != nil {
			t.Errorf("after %d: %v", code, err)
		}
	}
	if mail.Temporary(nil) || mail.Temporary(errors.New("x")) {
		t.Error("what is no error of a delivery is temporary")
	}
}

func TestWhatIsWrongWithTheConnectionIsTemporary(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := gone.Addr().String()
	gone.Close()
	secure := testkit.NewMailServer(t, testkit.MailSTARTTLS)
	locked := testkit.NewMailServer(t, testkit.MailTLS, testkit.MailAuth("PLAIN", "app", "right"))
	open := testkit.NewMailServer(t)
	dropping := testkit.NewMailServer(t)
	dropping.Drop()
	for name, c := range map[string]struct {
		url     string
		options []mail.Option
		want    string
	}{
		"nobody there":          {"smtp://app:s3cr3t@" + nobody, nil, "refused"},
		"an unknown authority":  {secure.URL(), nil, "certificate"},
		"a wrong password":      {strings.Replace(locked.URL(), "right", "s3cr3t", 1), []mail.Option{mail.WithRoots(locked.Roots())}, "535"},
		"no encryption offered": {strings.Replace(open.URL(), "?tls=none", "", 1), nil, "no encryption"},
		"a password unasked":    {strings.Replace(open.URL(), "//", "//app:s3cr3t@", 1), nil, "AUTH"},
		"a cut connection":      {dropping.URL(), nil, "EOF"},
	} {
		client, err := mail.NewSMTP(c.url, sender, c.options...)
		if err != nil {
			t.Fatal(name, err)
		}
		err = client.Send(context.Background(), message(t))
		if err == nil || !mail.Temporary(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if text := fmt.Sprintf("%v %+v %#v %v %+v %#v", err, err, err, client, client, client); strings.Contains(text, "s3cr3t") {
			t.Errorf("%s: the password is in %s", name, text)
		}
	}
	if n := len(open.Received()) + len(locked.Received()) + len(secure.Received()) + len(dropping.Received()); n > 0 {
		t.Errorf("%d messages came all the same", n)
	}
}

func TestASilentServerIsGivenUpWithTheContext(t *testing.T) {
	t.Parallel()
	s := testkit.NewMailServer(t)
	s.Hang()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m, client, done := message(t), dial(t, s), make(chan error)
	go func() { done <- client.Send(ctx, m) }()
	s.WaitHanging(t)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !mail.Temporary(err) {
		t.Errorf("got %v", err)
	}
	s.Accept()
	if err := client.Send(context.Background(), m); err != nil {
		t.Error(err)
	}
	if err := client.Send(ctx, m); !errors.Is(err, context.Canceled) || !mail.Temporary(err) || len(s.Received()) != 1 {
		t.Errorf("with a context that has ended: %v", err)
	}
}

// A server that says nothing at all is given up, too: it has not come as far as a message.
func TestAServerWithoutAGreetingIsGivenUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		if conn, err := l.Accept(); err == nil {
			defer conn.Close()
			cancel()
			<-ctx.Done()
			_, _ = conn.Read(make([]byte, 1)) // until the client closes
		}
	}()
	for _, scheme := range []string{"smtp", "smtps"} {
		client, err := mail.NewSMTP(scheme+"://"+l.Addr().String(), sender)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Send(ctx, message(t)); !errors.Is(err, context.Canceled) || !mail.Temporary(err) {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

func TestServersAreNamedByAddresses(t *testing.T) {
	t.Parallel()
	for rawURL, want := range map[string]string{
		"smtp://u:p@mail.example.org": "mail.example.org:587", "smtps://mail.example.org/": "mail.example.org:465", "smtp://localhost:1025?tls=none": "localhost:1025",
		"smtp://[::1]:25?tls=none": "[::1]:25", "smtps://u%40x:p%2F%23@mail.example.org:2465": "mail.example.org:2465",
	} {
		s, err := mail.NewSMTP(rawURL, "team@example.org")
		if err != nil || s.String() != want {
			t.Errorf("%s: %v, %v", rawURL, s, err)
		}
	}
	for _, rawURL := range []string{"", "mail.example.org:587", "http://u:s3cr3t@h", "smtp://", "smtp://u:s3cr3t@h:99999", "smtp://u:s3cr3t@h:x", "smtp://u:s3cr3t/x@h",
		"smtp://u:s3cr3t@h/path", "smtp://u:s3cr3t@h#x", "smtp://u:s3cr3t@h?tls=none", "smtps://u:s3cr3t@localhost?tls=none", "smtp://localhost?tls=off",
		"smtp://u:s3cr3t@h?x=1", "smtp://u:s3cr3t@h?%zz", "smtp://u@h", "smtp://:s3cr3t@h", "smtp://u:s3cr3t@h\r\n", "smtp://u:%zzs3cr3t@h"} {
		s, err := mail.NewSMTP(rawURL, "team@example.org")
		if err == nil {
			t.Errorf("%s is taken: %v", rawURL, s)
		} else if strings.Contains(err.Error(), "s3cr3t") || !strings.HasPrefix(err.Error(), "mail: `smtp` ") {
			t.Errorf("%s: %v", rawURL, err)
		}
	}
	for _, from := range []string{"", "team", "Team team@example.org", "a@b.test, c@d.test", "team@", "Team\r\nBcc: x <team@example.org>", "@example.org", "a@-.-"} {
		if s, err := mail.NewSMTP("smtp://localhost?tls=none", from); err == nil || !strings.Contains(err.Error(), "`from`") {
			t.Errorf("%q is taken: %v, %v", from, s, err)
		}
	}
	if a, err := netmail.ParseAddress(sender); err != nil || a.Name != "Équipe" {
		t.Error(a, err)
	}
}
