// Package lexeme owns full-text search: how text becomes tokens, the four query languages, what a query means, and how
// tokens and queries are written for the engines. Both engines store and compare only what this package made, so that
// they cannot disagree. It knows nothing of collections, fields or SQL.
package lexeme

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Bounds on what is indexed of one field; what is beyond them is dropped without a gap. They keep every text within what
// a PostgreSQL tsvector can hold.
const (
	MaxTokens      = 16_383    // tokens of one text
	MaxOccurrences = 256       // of one token
	MaxTokenBytes  = 255       // of one token, folded and stemmed
	maxVectorBytes = 1_000_000 // of a text's distinct tokens as encoded, with their positions
)

// Token is one indexed word of a text.
type Token struct {
	Text string // folded and stemmed
	Pos  int    // from 1, without gaps
}

// Tokenise splits text into the tokens that are indexed: runs of letters and digits (each Han, Hiragana or Katakana
// character by itself), compatibility-folded, without accents, lower-case, then stemmed as config says. Because folding
// comes first, texts that differ only in case and accents have the same tokens. An unknown config does not stem.
func Tokenise(config, text string) []Token {
	var tokens []Token
	seen := make(map[string]int)
	size := 0
	var encoded []byte
	stem := stemmers[config]
	eachWord(text, func(word string) bool {
		if stem != nil {
			word = stemmed(stem, word)
		}
		if len(word) > MaxTokenBytes || seen[word] == MaxOccurrences {
			return true
		}
		if seen[word]++; seen[word] == 1 {
			encoded = appendEncoded(encoded[:0], word)
			size += len(encoded) + 4
		}
		if size += 2; size > maxVectorBytes {
			return false
		}
		tokens = append(tokens, Token{word, len(tokens) + 1})
		return len(tokens) < MaxTokens
	})
	return tokens
}

// eachWord visits the folded words of text until visit returns false.
func eachWord(text string, visit func(word string) bool) {
	var word []rune
	flush := func() bool {
		if len(word) == 0 {
			return true
		}
		w := string(word)
		word = word[:0]
		return visit(w)
	}
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(text, " ")) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			word = append(word, r)
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			if !flush() || !visit(string(r)) {
				return
			}
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			word = append(word, foldRune(r))
		default:
			if !flush() {
				return
			}
		}
	}
	flush()
}

func foldRune(r rune) rune {
	if r == 'ς' {
		return 'σ'
	}
	return unicode.ToLower(r)
}

// Encode writes a token in ASCII letters and digits alone, beginning with x, so that it is safe inside any engine's
// literal and no engine's tokeniser changes it: a–y and 0–9 stand for themselves, any other byte is z and two
// hexadecimal digits. Prefixes are kept: Encode(p) begins Encode(t) exactly where p begins t.
func Encode(token string) string {
	return string(appendEncoded(make([]byte, 0, len(token)+8), token))
}

func appendEncoded(out []byte, token string) []byte {
	const hexDigits = "0123456789abcdef"
	out = append(out, 'x')
	for i := range len(token) {
		c := token[i]
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'y' {
			out = append(out, c)
			continue
		}
		out = append(out, 'z', hexDigits[c>>4], hexDigits[c&15])
	}
	return out
}
