package mail

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Message is one mail, rendered. Of its fields only Text and HTML may have more than one line.
type Message struct {
	ID          string    `json:"id,omitempty"` // of all attempts, so that a mailbox shows one; a sender makes one where it is empty
	Kind        Kind      `json:"kind"`
	From        string    `json:"from,omitempty"` // the sender's own address where it is empty
	To          string    `json:"to"`
	Subject     string    `json:"subject"`
	Text        string    `json:"text"`
	HTML        string    `json:"html,omitempty"`
	Locale      string    `json:"locale,omitempty"` // the language the message is in, where that is known
	Link        string    `json:"link,omitempty"`
	Code        string    `json:"code,omitempty"`
	Unsubscribe string    `json:"unsubscribe,omitempty"` // where readers say that they want no more of this kind; https: or mailto:
	At          time.Time `json:"at"`                    // when it was written; a sender sets it where it is zero
}

// Sender delivers messages.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

var _, _ Sender = (*SMTP)(nil), (*Inbox)(nil)

// check refuses what must not become a header: a message that is refused here can never be sent.
func (m Message) check() error {
	for _, f := range []struct{ name, text string }{
		{"id", m.ID}, {"kind", string(m.Kind)}, {"from", m.From}, {"to", m.To}, {"subject", m.Subject}, {"locale", m.Locale},
		{"link", m.Link}, {"code", m.Code}, {"unsubscribe", m.Unsubscribe},
	} {
		if !oneLine(f.text) {
			return &unfit{fmt.Sprintf("%s has a line break, a control character or invalid UTF-8", f.name)}
		}
	}
	if strings.ContainsAny(m.ID, "<>@ ") {
		return &unfit{"id has a character that a Message-ID cannot hold"}
	}
	if strings.Trim(m.Locale, alphanumeric+"-") != "" {
		return &unfit{"locale is not a language tag such as fr or pt-BR"}
	}
	if strings.TrimSpace(m.Subject) == "" || strings.TrimSpace(m.Text) == "" {
		return &unfit{"subject and text must not be empty"}
	}
	if !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) || strings.ContainsRune(m.Text+m.HTML, 0) {
		return &unfit{"text and HTML must be UTF-8 without NUL"}
	}
	return m.checkUnsubscribe()
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func (m Message) checkUnsubscribe() error {
	if m.Unsubscribe == "" {
		return nil
	}
	u, err := url.Parse(m.Unsubscribe)
	fits := err == nil && (u.Scheme == "https" && u.Host != "" || u.Scheme == "http" && u.Host != "" || u.Scheme == "mailto" && u.Opaque != "")
	if !fits || strings.ContainsAny(m.Unsubscribe, "<>, \"") || !ascii(m.Unsubscribe) {
		return &unfit{"unsubscribe is not an address such as https://example.org/u/1 or mailto:stop@example.org"}
	}
	return nil
}

// unfit is the error of a message that no server is asked to take.
type unfit struct{ why string }

func (e *unfit) Error() string { return "mail: the message cannot be sent: " + e.why }

// oneLine reports whether a text can stand in a header: valid, and without anything that ends or hides a line.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, breaks)
}

// breaks are the characters that end a line or turn its direction for whoever reads it.
func breaks(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
