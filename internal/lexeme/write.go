package lexeme

import (
	"slices"
	"strconv"
	"strings"
)

// Document is the text that is stored in an FTS5 column: the encoded tokens with spaces between them.
func Document(tokens []Token) string {
	var b strings.Builder
	for i, token := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Encode(token.Text))
	}
	return b.String()
}

// Vector is a tsvector literal with the encoded tokens and their positions.
func Vector(tokens []Token) string {
	sorted := slices.Clone(tokens)
	slices.SortStableFunc(sorted, func(a, b Token) int { return strings.Compare(a.Text, b.Text) })
	var b []byte
	for i, token := range sorted {
		mark := byte(',')
		if i == 0 || sorted[i-1].Text != token.Text {
			if i > 0 {
				b = append(b, ' ')
			}
			b, mark = appendEncoded(b, token.Text), ':'
		}
		b = strconv.AppendInt(append(b, mark), int64(token.Pos), 10)
	}
	return string(b)
}

// Positive reports whether q has neither negation nor Empty: whether FTS5 can write it as one expression.
func Positive(q Query) bool {
	switch q := q.(type) {
	case Term, Phrase:
		return true
	case And:
		return !slices.ContainsFunc(q.Parts, func(p Query) bool { return !Positive(p) })
	case Or:
		return !slices.ContainsFunc(q.Parts, func(p Query) bool { return !Positive(p) })
	}
	return false
}

// FTS5 writes a Positive query as an FTS5 expression; ok is false for any other, which has to be walked: And, Or and
// Not become AND, OR and NOT of row sets, because FTS5 has no negation of its own and negation here is the difference
// of sets. A column filter may be put before it: {a b} : (expression).
func FTS5(q Query) (expression string, ok bool) {
	if !Positive(q) {
		return "", false
	}
	var b strings.Builder
	writeFTS5(&b, q)
	return b.String(), true
}

func writeFTS5(b *strings.Builder, q Query) {
	switch q := q.(type) {
	case Term:
		writeFTS5(b, Phrase{[]Term{q}})
	case Phrase:
		b.WriteByte('"')
		for i, term := range q.Terms {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(Encode(term.Text))
		}
		b.WriteByte('"')
		if q.Terms[len(q.Terms)-1].Prefix {
			b.WriteString(" *")
		}
	case And:
		writeParts(b, " AND ", q.Parts, writeFTS5)
	case Or:
		writeParts(b, " OR ", q.Parts, writeFTS5)
	}
}

// TSQuery writes q as a tsquery literal for one tsvector. A query over several fields has to be walked down to its terms
// and phrases, each asked of every field's own vector: concatenated vectors would let phrases cross fields.
func TSQuery(q Query) string {
	var b strings.Builder
	writeTSQuery(&b, q)
	return b.String()
}

func writeTSQuery(b *strings.Builder, q Query) {
	switch q := q.(type) {
	case Term:
		b.WriteString(Encode(q.Text))
		if q.Prefix {
			b.WriteString(":*")
		}
	case Phrase:
		b.WriteByte('(')
		for i, term := range q.Terms {
			if i > 0 {
				b.WriteString(" <-> ")
			}
			writeTSQuery(b, term)
		}
		b.WriteByte(')')
	case Not:
		b.WriteByte('!')
		writeTSQuery(b, q.Part)
	case And:
		writeParts(b, " & ", q.Parts, writeTSQuery)
	case Or:
		writeParts(b, " | ", q.Parts, writeTSQuery)
	}
}

func writeParts(b *strings.Builder, op string, parts []Query, write func(*strings.Builder, Query)) {
	b.WriteByte('(')
	for i, p := range parts {
		if i > 0 {
			b.WriteString(op)
		}
		write(b, p)
	}
	b.WriteByte(')')
}
