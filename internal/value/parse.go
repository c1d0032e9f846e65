package value

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/fault"
)

// spaces are what is ignored around a value other than text.
const spaces = " \t\n\r\v\f"

// Parse reads the text form of a value (a filter literal, a CSV cell, a CEL literal, a default) as t; lists accept
// {a,b} and JSON. The error is a *fault.Fault with a 22xxx code and one text per type. Decimals are never rounded here.
func Parse(t Type, s string) (Value, error) {
	if err := checkText(s); err != nil {
		return Value{}, err
	}
	if t.List {
		return parseList(t, s)
	}
	switch t.Kind {
	case Text:
		return OfText(s), nil
	case Int:
		return parseInt(t, s)
	case Decimal:
		return parseDecimal(t, s)
	case Float:
		return parseFloat(t, s)
	case Bool:
		return parseBool(t, s)
	case UUID:
		return parseUUID(t, s)
	case Timestamp:
		return parseTimestamp(t, s)
	case Date:
		return parseDate(t, s)
	case JSON:
		text, err := CanonicalJSON([]byte(s))
		return OfJSON(text), err
	case Bytes:
		return parseBytes(t, s)
	case Duration:
		return ParseDuration(s)
	}
	return Value{}, invalid(t, s)
}

// checkText refuses NUL bytes and what is not UTF-8 (22021).
func checkText(s string) error {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return nil
	}
	return checkBytes([]byte(s))
}

func checkBytes(s []byte) error {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return badByte(s[i])
		}
		i += size
	}
	return nil
}

func badByte(c byte) *fault.Fault {
	return fault.New(fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8": 0x%02x`, c)
}

func invalid(t Type, s string) *fault.Fault {
	return fault.New(fault.InvalidText, "invalid input syntax for type %s: %s", t.SQLName(), quoted(s))
}

func outOfRange(t Type, s string) *fault.Fault {
	return fault.New(fault.OutOfRange, "value %s is out of range for type %s", quoted(s), t.SQLName())
}

// quoted is s in double quotes for an error text, cut to a length fit to show.
func quoted(s string) string {
	const limit = 200
	if len(s) <= limit {
		return `"` + s + `"`
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return `"` + s[:cut] + `…"`
}

func trimSpace(s string) string { return strings.Trim(s, spaces) }

func parseInt(t Type, s string) (Value, error) {
	text := trimSpace(s)
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 || digits == "" || digitsEnd(digits, 0) != len(digits) {
		return Value{}, invalid(t, s)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Value{}, outOfRange(t, s)
	}
	return OfInt(n), nil
}

func parseDecimal(t Type, s string) (Value, error) {
	num, bad := scanNumber(trimSpace(s))
	if bad != numberOK {
		return Value{}, invalid(t, s)
	}
	d, ok := num.dec()
	if !ok {
		return Value{}, outOfRange(t, s)
	}
	return OfDecimal(d), nil
}

func parseFloat(t Type, s string) (Value, error) {
	text := trimSpace(s)
	num, bad := scanNumber(text)
	if bad != numberOK {
		return Value{}, invalid(t, s)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || f == 0 && !num.isZero() {
		return Value{}, outOfRange(t, s)
	}
	return OfFloat(f + 0), nil // −0 becomes 0
}

// parseBool takes t, f, true, false, yes, no, on, off, 1, 0 in any case, and their unambiguous prefixes.
func parseBool(t Type, s string) (Value, error) {
	text := strings.ToLower(trimSpace(s))
	switch {
	case text == "":
	case text == "1", text == "on", strings.HasPrefix("true", text), strings.HasPrefix("yes", text):
		return OfBool(true), nil
	case text == "0", text == "of", text == "off", strings.HasPrefix("false", text), strings.HasPrefix("no", text):
		return OfBool(false), nil
	}
	return Value{}, invalid(t, s)
}

// parseUUID takes 32 hexadecimal digits of any case, a hyphen after any group of four, braces around all.
func parseUUID(t Type, s string) (Value, error) {
	text := s
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		text = text[1 : len(text)-1]
	}
	var out [36]byte
	digits, n := 0, 0
	for i := range len(text) {
		c := text[i]
		if c == '-' && digits%4 == 0 && digits > 0 && digits < 32 && text[i-1] != '-' {
			continue
		}
		d, ok := hexValue(c)
		if !ok || digits == 32 {
			return Value{}, invalid(t, s)
		}
		if digits == 8 || digits == 12 || digits == 16 || digits == 20 {
			out[n] = '-'
			n++
		}
		out[n] = hexDigits[d]
		n, digits = n+1, digits+1
	}
	if digits != 32 {
		return Value{}, invalid(t, s)
	}
	return OfUUID(string(out[:])), nil
}

// parseBytes takes base64 in both alphabets, padded or not, and \x hexadecimal.
func parseBytes(t Type, s string) (Value, error) {
	text := trimSpace(s)
	if digits, ok := strings.CutPrefix(text, `\x`); ok {
		raw, err := hex.DecodeString(digits)
		if err != nil {
			return Value{}, invalid(t, s)
		}
		return OfBytes(string(raw)), nil
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	if strings.ContainsAny(text, "\r\n") {
		return Value{}, invalid(t, s)
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return Value{}, invalid(t, s)
	}
	return OfBytes(string(raw)), nil
}
