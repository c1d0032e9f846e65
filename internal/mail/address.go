package mail

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
)

// address reads `ann@example.org` or `Ann <ann@example.org>`. The domain comes back in ASCII, as DNS knows it; the part before
// it stays as it is.
func address(text string) (*mail.Address, error) {
	if !oneLine(text) {
		return nil, &unfit{"an address has a line break or a control character"}
	}
	a, err := mail.ParseAddress(text)
	if err != nil {
		return nil, &unfit{"an address is not of the form ann@example.org or Ann <ann@example.org>"}
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain, err := idna.Lookup.ToASCII(a.Address[at+1:])
	if err != nil || domain == "" {
		return nil, &unfit{"the domain of an address is none"}
	}
	if a.Address = a.Address[:at+1] + domain; len(a.Address) > 254 || at > 64 {
		return nil, &unfit{"an address is too long"}
	}
	return a, nil
}

// domainOf is what stands behind the @.
func domainOf(a *mail.Address) string {
	return a.Address[strings.LastIndexByte(a.Address, '@')+1:]
}
