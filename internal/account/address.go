package account

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// longestAddress is RFC 5321's bound on a path, in bytes.
const longestAddress = 254

// Email is an address in the one form in which it is stored and compared: composed (NFC), lower case, the domain as IDNA writes
// it. Two spellings that this makes equal are one account; no others are.
func Email(typed string) (string, error) {
	if strings.ContainsFunc(typed, func(c rune) bool { return c > unicode.MaxASCII && unicode.ToLower(c) <= unicode.MaxASCII }) {
		return "", unable(typed) // the Turkish capital İ, the sign of Kelvin: in lower case they are other people's i and k
	}
	typed = norm.NFC.String(strings.TrimSpace(typed))
	local, domain, ok := cutLast(typed, "@")
	if !ok || local == "" || len(typed) > longestAddress {
		return "", unable(typed)
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") && ascii != "localhost" {
		return "", unable(typed)
	}
	if strings.ContainsFunc(local, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(`"(),:;<>[\]@`, c) || unicode.Is(unicode.Cf, c)
	}) {
		return "", unable(typed)
	}
	out := norm.NFC.String(strings.ToLower(local)) + "@" + strings.ToLower(ascii)
	if parsed, err := mail.ParseAddress(out); err != nil || parsed.Address != out || parsed.Name != "" {
		return "", unable(typed)
	}
	return out, nil
}

func unable(string) *Refusal {
	return malformed("Unable to validate email address: invalid format")
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

var e164 = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// Phone is a number as E.164 writes it, without the plus sign, as GoTrue stores it.
func Phone(typed string) (string, error) {
	n := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(strings.TrimPrefix(strings.TrimSpace(typed), "+"))
	if !e164.MatchString(n) {
		return "", malformed("Invalid phone number format (E.164 required)")
	}
	return n, nil
}
