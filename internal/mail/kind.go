package mail

import (
	"net/url"
	"slices"
	"strings"
)

// Kind is what a message is for; it is the name of its template.
type Kind string

// The kinds. Those up to Reauthentication carry a link, a code or both; the others are notices after the fact, which never
// carry one, so that a reader learns not to follow links in them.
const (
	Confirmation     Kind = "confirmation"
	Invite           Kind = "invite"
	MagicLink        Kind = "magic_link"
	Recovery         Kind = "recovery"
	EmailChange      Kind = "email_change"     // to the old address and to the new one
	Reauthentication Kind = "reauthentication" // a code alone

	PasswordChanged   Kind = "password_changed"
	EmailChanged      Kind = "email_changed"
	FactorAdded       Kind = "factor_added"
	FactorRemoved     Kind = "factor_removed"
	PasskeyAdded      Kind = "passkey_added"
	IdentityLinked    Kind = "identity_linked"
	RecoveryCodesUsed Kind = "recovery_codes_used"
	AccountExists     Kind = "account_exists" // somebody signed up with the address of an account
)

var kinds = []Kind{Confirmation, Invite, MagicLink, Recovery, EmailChange, Reauthentication, PasswordChanged, EmailChanged,
	FactorAdded, FactorRemoved, PasskeyAdded, IdentityLinked, RecoveryCodesUsed, AccountExists}

func kindNames() []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// notice reports whether messages of the kind only inform.
func (k Kind) notice() bool { return slices.Index(kinds, k) > slices.Index(kinds, Reauthentication) }

// Data is what a template can say. Extra has what one kind alone needs: provider (identity_linked), factor (factor_added,
// factor_removed), passkey (passkey_added) and left (recovery_codes_used); any of them may be missing.
type Data struct {
	Project  string // the project's name
	SiteURL  string // where its users go
	Link     string // an absolute http(s) address
	Code     string
	Email    string // the account's address
	NewEmail string // the address it is to have, or has now
	Name     string // what the account's owner calls himself: anything at all, chosen by anybody
	Minutes  int    // how long link and code hold
	Extra    map[string]string
}

// longest is how much of a name is shown, in characters.
const longest = 200

// clean is the data as one line each: whoever opens an account chooses its name, and must not write paragraphs of a mail to
// somebody else.
func (d Data) clean() Data {
	for _, s := range []*string{&d.Project, &d.Code, &d.Email, &d.NewEmail, &d.Name} {
		*s = flat(*s)
	}
	extra := make(map[string]string, len(d.Extra))
	for key, text := range d.Extra {
		extra[key] = flat(text)
	}
	d.Extra = extra
	return d
}

// flat puts a blank in the place of whatever is no plain character, and cuts off what is too long.
func flat(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if breaks(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	return s
}

// checkAddresses refuses links that a reader must not be led to.
func (d Data) checkAddresses() error {
	for _, f := range []struct{ name, text string }{{"Link", d.Link}, {"SiteURL", d.SiteURL}} {
		u, err := url.Parse(f.text)
		if f.text != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || !oneLine(f.text) || strings.Contains(f.text, " ")) {
			return &unfit{f.name + " is not an http or https address"}
		}
	}
	return nil
}

// sample is what previews show, and what templates are tried with when they are loaded.
func sample(kind Kind) Data {
	d := Data{Project: "Example", SiteURL: "https://app.example.org", Email: "ann@example.org", Name: "Ann Example", Minutes: 60,
		Extra: map[string]string{}}
	if !kind.notice() {
		d.Code = "482913"
	}
	if !kind.notice() && kind != Reauthentication {
		d.Link = "https://api.example.org/auth/v1/verify?token=pkce_5f2c9e&type=" + string(kind)
	}
	switch kind {
	case EmailChange, EmailChanged:
		d.NewEmail = "ann.new@example.org"
	case FactorAdded, FactorRemoved:
		d.Extra["factor"] = "Authenticator app"
	case PasskeyAdded:
		d.Extra["passkey"] = "Ann's laptop"
	case IdentityLinked:
		d.Extra["provider"] = "GitHub"
	case RecoveryCodesUsed:
		d.Extra["left"] = "7"
	}
	return d
}
