package mail

import (
	"net/mail"

	gomail "github.com/wneessen/go-mail"
)

// compose makes the bytes of a message: both parts, and headers that say that a machine wrote it.
func (s *SMTP) compose(m Message) (out *gomail.Msg, to *mail.Address, err error) {
	if err := m.check(); err != nil {
		return nil, nil, err
	}
	from := s.from
	if m.From != "" {
		if from, err = address(m.From); err != nil {
			return nil, nil, err
		}
	}
	if to, err = address(m.To); err != nil {
		return nil, nil, err
	}
	if m.ID == "" {
		if m.ID, err = s.ids.Next(s.clock); err != nil {
			return nil, nil, err
		}
	}
	if m.At.IsZero() {
		m.At = s.clock.Now()
	}
	out = gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	out.FromMailAddress(from)
	out.ToMailAddress(to)
	out.EnvelopeFromMailAddress(from)
	out.Subject(m.Subject)
	out.SetDateWithValue(m.At)
	out.SetMessageIDWithValue(m.ID + "@" + s.public)
	headers(out, m)
	out.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		out.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return out, to, nil
}

// headers adds what answering machines (RFC 3834), mailbox providers (RFC 2369, RFC 8058) and readers' programs go by.
func headers(out *gomail.Msg, m Message) {
	out.SetHeaderPreformatted("Auto-Submitted", "auto-generated")
	out.SetHeaderPreformatted(gomail.HeaderXAutoResponseSuppress, "All")
	if m.Locale != "" {
		out.SetHeaderPreformatted(gomail.HeaderContentLang, m.Locale)
	}
	if m.Unsubscribe == "" {
		return
	}
	out.SetHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
	if m.Unsubscribe[:6] == "https:" { // one click is a POST, and defined for https alone
		out.SetHeaderPreformatted(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
}
