package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/mail"
)

func ask(b *mail.Inbox, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	q := httptest.NewRequest("GET", target, nil)
	q.Host, q.RemoteAddr = "localhost:8090", "127.0.0.1:5000"
	if change != nil {
		change(q)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, q)
	return w
}

func send(t testing.TB, b *mail.Inbox, m mail.Message) {
	t.Helper()
	if err := b.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
}

func TestTheInboxKeepsTheLastMessages(t *testing.T) {
	t.Parallel()
	b := mail.NewInbox(2)
	var told []string
	b.OnMessage(func(m mail.Message) { told = append(told, m.Subject) })
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, subject := range []string{"one", "two", "three"} {
		send(t, b, mail.Message{Kind: mail.Invite, To: "a@b.test", Subject: subject, Text: "x\n", At: at})
	}
	got := b.Messages()
	if len(got) != 2 || got[0].Subject != "three" || got[1].Subject != "two" || !got[0].At.Equal(at) {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"one", "two", "three"}, told); diff != "" {
		t.Error(diff)
	}
	send(t, b, mail.Message{Kind: mail.Invite, To: "a@b.test", Subject: "four", Text: "x\n"})
	if b.Messages()[0].At.IsZero() {
		t.Error("a message has no time")
	}
}

func TestTheInboxIsSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	b := mail.NewInbox(5)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			b.OnMessage(func(mail.Message) {})
			if err := b.Send(context.Background(), mail.Message{To: "a@b.test", Subject: fmt.Sprint(i), Text: "x"}); err != nil {
				t.Error(err)
			}
			ask(b, "/?format=json", nil)
		})
	}
	all.Wait()
	if n := len(b.Messages()); n != 5 {
		t.Errorf("%d messages are kept", n)
	}
}

func TestTheInboxPageShowsMessages(t *testing.T) {
	t.Parallel()
	b := mail.NewInbox(10)
	if w := ask(b, "/inbox/", nil); w.Code != 200 || !strings.Contains(w.Body.String(), "No mail yet") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	m := message(t)
	m.Unsubscribe = "https://x.test/stop"
	send(t, b, m)
	send(t, b, mail.Message{Kind: mail.PasswordChanged, To: "b@b.test", Subject: "Second", Text: "Go to http://x.test/a?b=1 now"})
	for target, has := range map[string][]string{
		"/inbox/": {`<a href="?m=1">Réinitialisez`, `<a href="?m=2">Second</a>`, "ann@example.org", "recovery", `http-equiv="refresh"`},
		"/inbox/?m=1": {`<a id="link" href="https://api.example.org/auth/v1/verify?token=pkce_5f2c9e&amp;type=recovery"`, `<code id="code">482913</code>`,
			`sandbox="allow-popups allow-popups-to-escape-sandbox"`, `srcdoc="&lt;!doctype html&gt;&lt;base target=&#34;_blank&#34;&gt;&lt;!doctype html&gt;`, "https://x.test/stop"},
		"/inbox/?m=2": {`Go to <a href="http://x.test/a?b=1" rel="noreferrer">http://x.test/a?b=1</a> now`, "b@b.test", "password_changed"},
	} {
		w := ask(b, target, nil)
		for _, want := range has {
			if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d lacks %s\n%s", target, w.Code, want, w.Body)
			}
		}
	}
	if strings.Contains(ask(b, "/?m=2", nil).Body.String(), "iframe title") {
		t.Error("a message without HTML has a frame")
	}
	for _, target := range []string{"/?m=9", "/?m=x", "/?m=9&format=json"} {
		if w := ask(b, target, nil); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestTheInboxAnswersProgramsInJSON(t *testing.T) {
	t.Parallel()
	b := mail.NewInbox(10)
	m := message(t)
	m.At = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	send(t, b, m)
	send(t, b, mail.Message{Kind: mail.Invite, To: "b@b.test", Subject: "Second", Text: "x"})
	var list struct {
		Messages []struct {
			Number int
			mail.Message
		}
	}
	w := ask(b, "/?format=json", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Messages) != 2 || list.Messages[0].Number != 2 || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if diff := cmp.Diff(m, list.Messages[1].Message); diff != "" {
		t.Error(diff)
	}
	var one mail.Message
	if err := json.Unmarshal(ask(b, "/?m=1&format=json", nil).Body.Bytes(), &one); err != nil || cmp.Diff(m, one) != "" {
		t.Errorf("%v: %+v", err, one)
	}
}

func TestScriptsInMessagesStayInert(t *testing.T) {
	t.Parallel()
	b := mail.NewInbox(10)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	send(t, b, mail.Message{Kind: mail.Kind(evil), To: "a@b.test", Subject: evil, Text: evil + ` https://x.test/"onclick="alert(1)`, HTML: "<p>" + evil + "</p>",
		Link: "javascript:alert(1)", Code: evil})
	for _, target := range []string{"/", "/?m=1", "/?m=" + "%22%3E%3Cscript%3E", "/?format=json"} {
		w := ask(b, target, nil)
		body, h := w.Body.String(), w.Header()
		for _, bad := range []string{"<script", "<img", `href="javascript`, `/"onclick`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s\n%s", target, bad, body)
			}
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "script") || strings.Contains(policy, "http") ||
			!strings.Contains(policy, "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", target, h)
		}
	}
	if body := ask(b, "/?m=1", nil).Body.String(); strings.Contains(body, "allow-scripts") || strings.Contains(body, "allow-same-origin") || strings.Contains(body, "allow-top-navigation") {
		t.Errorf("the sandbox is open:\n%s", body)
	}
}

func TestTheInboxIsForThisMachineAlone(t *testing.T) {
	t.Parallel()
	b := mail.NewInbox(10)
	send(t, b, message(t))
	for name, change := range map[string]func(*http.Request){
		"another machine":          func(q *http.Request) { q.RemoteAddr = "192.0.2.7:5000" },
		"nobody":                   func(q *http.Request) { q.RemoteAddr = "" },
		"a name that leads here":   func(q *http.Request) { q.Host = "evil.example.org" },
		"one that looks like it":   func(q *http.Request) { q.Host = "127.0.0.1.example.org:8090" },
		"a script of another page": func(q *http.Request) { q.Header.Set("Origin", "http://localhost:3000") },
		"somebody who writes":      func(q *http.Request) { q.Method = "POST" },
	} {
		for _, target := range []string{"/", "/?m=1", "/?m=1&format=json"} {
			if w := ask(b, target, change); w.Code != 403 && w.Code != 405 || strings.Contains(w.Body.String(), "verify") {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1:8090", "[::1]:8090", "app.localhost:80"} {
		if w := ask(b, "/", func(q *http.Request) { q.Host = host }); w.Code != 200 {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
}
