package lexeme

import "strings"

// Match is the meaning of a query over the searched fields of one row: a term matches in any field, a phrase within one
// field. Engines are made to agree with it. Fields that are NULL have no tokens; whether a row of NULLs is asked at all
// is the caller's to decide.
func Match(q Query, fields [][]Token) bool {
	switch q := q.(type) {
	case Term:
		return anyField([]Term{q}, fields)
	case Phrase:
		return anyField(q.Terms, fields)
	case And:
		for _, p := range q.Parts {
			if !Match(p, fields) {
				return false
			}
		}
		return true
	case Or:
		for _, p := range q.Parts {
			if Match(p, fields) {
				return true
			}
		}
		return false
	case Not:
		return !Match(q.Part, fields)
	}
	return false
}

func anyField(terms []Term, fields [][]Token) bool {
	for _, tokens := range fields {
		for i := range tokens {
			if phraseAt(terms, tokens[i:]) {
				return true
			}
		}
	}
	return false
}

func phraseAt(terms []Term, tokens []Token) bool {
	if len(tokens) < len(terms) {
		return false
	}
	for i, term := range terms {
		text := tokens[i].Text
		if text != term.Text && !(term.Prefix && strings.HasPrefix(text, term.Text)) {
			return false
		}
	}
	return true
}
