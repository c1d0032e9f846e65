package testkit

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"
)

// ReceivedMail is a message as a server got it.
type ReceivedMail struct {
	From string   // the envelope's sender
	To   []string // the envelope's recipients
	Raw  []byte   // the message
	TLS  bool     // whether the connection was encrypted
	UTF8 bool     // whether it was announced with SMTPUTF8
	User string   // who had signed in
	Host string   // what the client called itself
}

// Header is the message's header; a message without one has an empty one.
func (m ReceivedMail) Header() mail.Header {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return mail.Header{}
	}
	return parsed.Header
}

// Subject is the subject in plain characters.
func (m ReceivedMail) Subject() string {
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header().Get("Subject"))
	if err != nil {
		return ""
	}
	return text
}

// Text is the text part, decoded; empty where there is none.
func (m ReceivedMail) Text() string { return m.part("text/plain") }

// HTML is the HTML part, decoded; empty where there is none.
func (m ReceivedMail) HTML() string { return m.part("text/html") }

var links = regexp.MustCompile(`https?://[^\s<>"]+`)

// Link is the first address in the text.
func (m ReceivedMail) Link(t testing.TB) string {
	t.Helper()
	found := links.FindString(m.Text())
	if found == "" {
		t.Fatalf("there is no link in\n%s", m.Text())
	}
	return found
}

// part is the content of the part of a media type, in a message of parts or of one alone.
func (m ReceivedMail) part(media string) string {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return ""
	}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if kind != media {
			return ""
		}
		body := io.Reader(parsed.Body)
		if strings.EqualFold(parsed.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(body)
		}
		return plain(body)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for {
		p, err := parts.NextPart() // it decodes quoted-printable
		if err != nil {
			return ""
		}
		if kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind == media {
			return plain(p)
		}
	}
}

// plain reads all, with line ends as Go has them.
func plain(r io.Reader) string {
	text, err := io.ReadAll(r)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
