package lexeme

import "strings"

// parseWeb reads the language of search boxes; it has no syntax errors. `or` between two operands separates
// alternatives, a leading - negates the word or "phrase" after it, everything else must match.
func parseWeb(config, text string) Query {
	var alternatives []Query
	var required []Query
	items := webItems(text)
	for i, it := range items {
		if it.isOr() && i > 0 && i+1 < len(items) && !items[i-1].isOr() {
			alternatives = append(alternatives, both(required))
			required = nil
			continue
		}
		q := phraseOf(config, it.text, false)
		if it.negated {
			q = negate(q)
		}
		required = append(required, q)
	}
	return either(append(alternatives, both(required)))
}

// webItem is a word, or what stands between double quotes.
type webItem struct {
	text            string
	quoted, negated bool
}

func (w webItem) isOr() bool { return !w.quoted && !w.negated && strings.EqualFold(w.text, "or") }

func webItems(text string) []webItem {
	var items []webItem
	negated := false
	for text = webTrim(text); text != ""; text = webTrim(text) {
		if text[0] == '-' {
			negated, text = !negated, text[1:]
			continue
		}
		it := webItem{negated: negated}
		if text[0] == '"' {
			it.quoted = true
			it.text, text, _ = strings.Cut(text[1:], `"`)
		} else {
			end := strings.IndexAny(text, " \t\r\n\v\f\"")
			if end < 0 {
				end = len(text)
			}
			it.text, text = text[:end], text[end:]
		}
		items, negated = append(items, it), false
	}
	return items
}

func webTrim(s string) string { return strings.TrimLeft(s, " \t\r\n\v\f") }
