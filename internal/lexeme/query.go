package lexeme

import "github.com/socle-hq/socle/internal/fault"

// Bounds on a query; beyond them it is 54001.
const (
	MaxTerms = 256
	maxDepth = 64
)

// Query is a sealed tree: Empty, Term, Phrase, And, Or or Not. Queries from ParseQuery hold Empty only at the root, and
// an And or Or has at least two parts.
type Query interface{ query() }

type (
	// Empty is a query without any token; it matches nothing.
	Empty struct{}
	// Term matches a text with the token, or with one that begins with it.
	Term struct {
		Text   string
		Prefix bool
	}
	// Phrase matches a text with its terms next to each other in order; only the last may be a prefix.
	Phrase struct{ Terms []Term }
	// And, Or and Not combine sets of rows; Not is the rows that do not match.
	And struct{ Parts []Query }
	Or  struct{ Parts []Query }
	Not struct{ Part Query }
)

func (Empty) query()  {}
func (Term) query()   {}
func (Phrase) query() {}
func (And) query()    {}
func (Or) query()     {}
func (Not) query()    {}

// Mode is a query language.
type Mode uint8

// The modes, named after their operators.
const (
	FTS   Mode = iota // operators & | ! <-> and :* prefixes, as to_tsquery reads them
	PlFTS             // all words
	PhFTS             // the words as a phrase
	WFTS              // words, "phrases", or, -not, as websearch_to_tsquery reads them
)

// ParseQuery reads text in one of the four languages. A word of the text that has several tokens is a phrase of them, one
// that has none is left out. The error is a *fault.Fault: 42601 syntax, 54001 too large, PGRST127 weights, distances
// other than 1, phrases of anything but words, and an unknown config.
func ParseQuery(mode Mode, config, text string) (Query, error) {
	if err := CheckConfig(config); err != nil {
		return nil, err
	}
	var q Query
	var err error
	switch mode {
	case FTS:
		q, err = parseOperators(config, text)
	case PlFTS:
		q = plain(config, text)
	case PhFTS:
		q = phraseOf(config, text, false)
	default:
		q = parseWeb(config, text)
	}
	if err != nil {
		return nil, err
	}
	if countTerms(q) > MaxTerms {
		return nil, fault.New(fault.TooComplex, "a text search may have at most %d words", MaxTerms)
	}
	return q, nil
}

func plain(config, text string) Query {
	var parts []Query
	seen := map[string]bool{}
	for _, token := range queryTokens(config, text) {
		if !seen[token] {
			seen[token] = true
			parts = append(parts, Term{Text: token})
		}
	}
	return both(parts)
}

// phraseOf makes a term, a phrase or Empty of the tokens of text.
func phraseOf(config, text string, prefix bool) Query {
	tokens := queryTokens(config, text)
	terms := make([]Term, len(tokens))
	for i, token := range tokens {
		terms[i] = Term{Text: token, Prefix: prefix && i == len(tokens)-1}
	}
	switch len(terms) {
	case 0:
		return Empty{}
	case 1:
		return terms[0]
	}
	return Phrase{terms}
}

// queryTokens are the tokens of a query's text; one too long to be indexed stays, so that it matches nothing. One more
// than MaxTerms is enough to be refused.
func queryTokens(config, text string) []string {
	var tokens []string
	stem := stemmers[config]
	eachWord(text, func(word string) bool {
		if stem != nil {
			word = stemmed(stem, word)
		}
		tokens = append(tokens, word)
		return len(tokens) <= MaxTerms
	})
	return tokens
}

// both is the conjunction of parts without the empty ones.
func both(parts []Query) Query {
	parts = flatten(parts, func(q Query) []Query {
		if a, ok := q.(And); ok {
			return a.Parts
		}
		return nil
	})
	switch len(parts) {
	case 0:
		return Empty{}
	case 1:
		return parts[0]
	}
	return And{parts}
}

// either is the disjunction of parts without the empty ones.
func either(parts []Query) Query {
	parts = flatten(parts, func(q Query) []Query {
		if o, ok := q.(Or); ok {
			return o.Parts
		}
		return nil
	})
	switch len(parts) {
	case 0:
		return Empty{}
	case 1:
		return parts[0]
	}
	return Or{parts}
}

func flatten(parts []Query, inner func(Query) []Query) []Query {
	var out []Query
	for _, p := range parts {
		if _, empty := p.(Empty); empty {
			continue
		}
		if nested := inner(p); nested != nil {
			out = append(out, nested...)
			continue
		}
		out = append(out, p)
	}
	return out
}

func negate(q Query) Query {
	switch q := q.(type) {
	case Empty:
		return q
	case Not:
		return q.Part
	}
	return Not{q}
}

func countTerms(q Query) int {
	n := 0
	switch q := q.(type) {
	case Term:
		return 1
	case Phrase:
		return len(q.Terms)
	case Not:
		return countTerms(q.Part)
	case And:
		for _, p := range q.Parts {
			n += countTerms(p)
		}
	case Or:
		for _, p := range q.Parts {
			n += countTerms(p)
		}
	}
	return n
}
