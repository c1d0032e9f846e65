package cel

import "strings"

// habit is a construct of another language where CEL has its own.
type habit struct {
	at            int
	message, hint string
}

// signs are looked up longest first; an empty message marks CEL's own.
var signs = []struct{ sign, message, hint string }{
	{"===", `"===" is not an operator here`, "write =="},
	{"!==", `"!==" is not an operator here`, "write !="},
	{"->>", `json cannot be walked in an expression`, "declare a field for what a policy needs"},
	{"==", "", ""}, {"!=", "", ""}, {"<=", "", ""}, {">=", "", ""}, {"&&", "", ""}, {"||", "", ""},
	{"=>", `"=>" is not an operator here`, "write row.members.exists(m, m.user_id == auth.uid)"},
	{"=~", `"=~" is not an operator here`, "write row.title.matches('pattern')"},
	{"!~", `"!~" is not an operator here`, "write !row.title.matches('pattern')"},
	{"<>", `"<>" is not an operator here`, "write !="},
	{"::", `"::" is not an operator here`, "write text(x), int(x), date(x)"},
	{":=", `":=" is not an operator here`, "write =="},
	{"??", `"??" is not an operator here`, "write x != null ? x : y"},
	{"?.", `"?." is not needed`, "write a plain dot: what is read through a NULL is NULL"},
	{".?", `".?" is not needed`, "write a plain dot: what is read through a NULL is NULL"},
	{"?=", `"?=" is not an operator here`, "write row.members.exists(m, m.user_id == auth.uid)"},
	{"->", `json cannot be walked in an expression`, "declare a field for what a policy needs"},
	{"=", `"=" does not compare`, "write =="},
	{"&", `"&" is not an operator here`, "write &&"},
	{"|", `"|" is not an operator here`, "write ||"},
	{"~", `"~" is not an operator here`, "write row.title.matches('pattern') or row.title.contains('text')"},
	{"^", `"^" is not an operator here`, "write a * a"},
	{";", `";" does not end an expression`, "leave it out"},
	{"#", `"#" does not start a comment here`, "write // for a comment, or put it in YAML above the expression"},
	{"$", `"$" is not part of a name`, "write row.name"},
	{"`", "a backtick does not quote", "write 'text' for text, row.name for a field"},
	{"“", "a curly quote does not quote", "write 'text'"},
	{"”", "a curly quote does not quote", "write 'text'"},
	{"‘", "a curly quote does not quote", "write 'text'"},
	{"’", "a curly quote does not quote", "write 'text'"},
}

var words = map[string]struct{ message, hint string }{
	"and":     {`"and" is not an operator here`, "write &&"},
	"or":      {`"or" is not an operator here`, "write ||"},
	"not":     {`"not" is not an operator here`, "write !"},
	"is":      {`"is" is not an operator here`, "write == null or != null"},
	"like":    {`"like" is not an operator here`, "write row.title.startsWith('a'), .endsWith, .contains or .matches"},
	"ilike":   {`"ilike" is not an operator here`, "write row.title.startsWith('a'), .endsWith, .contains or .matches"},
	"between": {`"between" is not an operator here`, "write row.x >= a && row.x <= b"},
	"exists":  {`"exists" belongs to a relation or a list`, "write row.members.exists(m, m.user_id == auth.uid)"},
	"select":  {"a query is not an expression", "write row.members.exists(m, m.user_id == auth.uid)"},
	"case":    {`"case" is not an operator here`, "write condition ? a : b"},
}

// findHabit looks for the first such construct in a text that does not parse.
func findHabit(text []rune) (habit, bool) {
	for i := 0; i < len(text); {
		switch r := text[i]; {
		case r == '\'' || r == '"':
			end := endOfText(text, i)
			if end > len(text) {
				return habit{i, "the text does not end", "close it with " + string(r)}, true
			}
			i = end
		case r == '@':
			return atName(text, i), true
		case isWord(r):
			end := i
			for end < len(text) && isWord(text[end]) {
				end++
			}
			if h, ok := words[strings.ToLower(string(text[i:end]))]; ok && (i == 0 || text[i-1] != '.') {
				return habit{i, h.message, h.hint}, true
			}
			i = end
		default:
			h, width := signAt(text, i)
			if h.message != "" {
				return h, true
			}
			i += width
		}
	}
	return habit{}, false
}

// endOfText is the index after the text literal at i, beyond the end where it is not closed.
func endOfText(text []rune, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			return len(text) + 1
		}
	}
	return len(text) + 1
}

func signAt(text []rune, i int) (habit, int) {
	rest := string(text[i:min(i+3, len(text))])
	for _, s := range signs {
		if strings.HasPrefix(rest, s.sign) {
			return habit{i, s.message, s.hint}, len([]rune(s.sign))
		}
	}
	return habit{}, 1
}

func atName(text []rune, i int) habit {
	end := i + 1
	for end < len(text) && (isWord(text[end]) || text[end] == '.') {
		end++
	}
	name := string(text[i:end])
	if strings.HasPrefix(name, "@request.auth.") {
		member := strings.TrimPrefix(name, "@request.auth.")
		return habit{i, `"` + name + `" is not known`, "write auth." + actorName(member)}
	}
	return habit{i, `"` + name + `" is not known`, "write row.field, auth.uid or row.relation.exists(m, …)"}
}

// actorName is the member of auth that other systems call by another name.
func actorName(name string) string {
	switch name {
	case "id", "sub", "user", "user_id", "userId", "uid":
		return "uid"
	case "role", "email", "aal", "is_anonymous", "claims":
		return name
	}
	return "claims." + name
}
