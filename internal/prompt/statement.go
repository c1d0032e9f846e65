package prompt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Refused is the error of a statement that is not taken, or that the database did not: the caller's mistake.
type Refused struct{ What string }

// Error says what to do.
func (r *Refused) Error() string { return r.What }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// readOnly is said of everything that would write.
const readOnly = "nothing is written here: rows change through the API or `socle import`, the schema through the project and `socle apply`"

// errSeveral is the error of more than one statement.
var errSeveral = errors.New("one statement at a time")

// words begin statements that only read. The connection makes sure of it; this is for the message.
var words = map[string][]string{
	"sqlite":   {"select", "with", "values", "explain"},
	"postgres": {"select", "with", "values", "table", "explain", "show"},
}

// single gives a statement without what ends it, where it is one of those that an engine reads by.
func single(engine, text string) (string, error) {
	statement, rest := cut(text)
	if again, _ := cut(rest); strings.TrimSpace(bare(again)) != "" {
		return "", refuse("%s", errSeveral)
	}
	first := strings.ToLower(firstWord(bare(statement)))
	switch {
	case first == "":
		return "", refuse("there is no statement; such as: SELECT count(*) FROM …")
	case !slices.Contains(words[engine], first):
		return "", refuse("%s; a statement begins with %s, not %s", readOnly, strings.Join(words[engine], ", "), shown(first))
	}
	return statement, nil
}

// cut gives what is before the first semicolon outside quotes and comments, and what is behind it.
func cut(text string) (statement, rest string) {
	for i := 0; i < len(text); {
		if text[i] == ';' {
			return text[:i], text[i+1:]
		}
		i += skip(text[i:])
	}
	return text, ""
}

// Complete reports whether a semicolon ends a text.
func Complete(text string) bool {
	statement, _ := cut(text)
	return len(statement) < len(text)
}

// bare is a text without comments.
func bare(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		n := skip(text[i:])
		if comment(text[i:]) {
			b.WriteByte(' ')
		} else {
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String()
}

func comment(s string) bool { return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") }

// skip is the length of the quoted text or comment that s begins with, else 1.
func skip(s string) int {
	opening, ending := 1, ""
	switch {
	case strings.HasPrefix(s, "--"):
		opening, ending = 2, "\n"
	case strings.HasPrefix(s, "/*"):
		opening, ending = 2, "*/"
	case s[0] == '\'' || s[0] == '"' || s[0] == '`':
		ending = s[:1]
	default:
		return 1
	}
	if i := strings.Index(s[opening:], ending); i >= 0 {
		return opening + i + len(ending)
	}
	return len(s)
}

// firstWord is the word that a text begins with, behind spaces and parentheses.
func firstWord(s string) string {
	s = strings.TrimLeft(s, " \t\r\n(")
	for i, r := range s {
		if r < 'A' || r > 'Z' && r < 'a' || r > 'z' {
			return s[:max(i, 0)]
		}
	}
	return s
}
