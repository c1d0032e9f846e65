package adopt

import (
	"regexp"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// member is one entry of a mapping; its value is YAML already.
type member struct{ name, value string }

// mapping is members as `{ a: 1, b: 2 }`; with short, a lone `type` is the type alone.
func mapping(members []member, short bool) string {
	if short && len(members) == 1 && members[0].name == "type" {
		return members[0].value
	}
	parts := make([]string, len(members))
	for i, m := range members {
		parts[i] = m.name + ": " + m.value
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// flow is texts as `[a, b]`.
func flow(texts []string) string {
	parts := make([]string, len(texts))
	for i, t := range texts {
		parts[i] = scalar(t)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

var (
	bare  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[a-z][a-z0-9_]*)?$`)
	words = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|nan|inf)$`)
)

// scalar is a text in quotes where it needs them.
func scalar(s string) string {
	if bare.MatchString(s) && !words.MatchString(s) {
		return s
	}
	return quote(s)
}

// quote is a text in quotes: in double ones without escapes, else in single ones, else in double ones with JSON's escapes.
func quote(s string) string {
	switch {
	case !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\\' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff
	}):
		return `"` + s + `"`
	case !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f }):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return string(value.AppendJSONString(nil, s))
}
