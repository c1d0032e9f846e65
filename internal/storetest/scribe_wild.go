package storetest

import (
	"fmt"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// somewhere draws what is written to.
func (s *scribe) somewhere(d *draft) *schema.Collection {
	if !s.wild {
		c, _ := s.catalog.Collection(schema.DefaultNamespace, pick(s.Rand, writtenTo))
		return c
	}
	c := pick(s.Rand, s.catalog.Collections)
	for c.Internal || c.View != nil && !s.chance(6) {
		c = pick(s.Rand, s.catalog.Collections)
	}
	if c.Namespace != schema.DefaultNamespace {
		d.headers = append(d.headers, "Content-Profile: "+c.Namespace)
	}
	return c
}

// anyCell draws a value of any project's field: often one that a row has, so that keys and references meet.
func (s *scribe) anyCell(f *schema.Field) string {
	switch {
	case f.Nullable() && s.chance(8):
		return "null"
	case f.Ref != nil && !s.chance(12):
		return s.held(f.Ref.To, f.Ref.Targets[0])
	case f.IsKey() && f.Type == anInt && s.chance(2):
		return fmt.Sprint(100 + s.IntN(60))
	case f.IsKey() || s.chance(4):
		return s.held(f.Collection, f)
	case f.Enum != nil:
		return show(f.Type, value.OfText(pick(s.Rand, f.Enum)))
	case s.chance(40) && (f.Type == aText || f.Type == aJSON || f.Type == someBytes || f.Type == someTexts):
		return s.long(f.Type)
	case f.Type == anInt && s.chance(2):
		return fmt.Sprint(s.IntN(50))
	case f.Type == aText && s.chance(2):
		return show(f.Type, value.OfText(pick(s.Rand, texts[:20])))
	}
	return show(f.Type, sample(s.Rand, f.Type))
}

// long is a value that no engine makes shorter, about as long as an index takes.
func (s *scribe) long(t value.Type) string {
	text := make([]byte, pick(s.Rand, []int{1300, 2580, 2588, 2592, 2593, 2600, 2601, 3000, 6000}))
	for i := range text {
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[s.IntN(64)]
	}
	switch {
	case t == someTexts:
		return fmt.Sprintf("[%q]", text)
	case t == someBytes:
		text = text[:len(text)/4*4]
	}
	return fmt.Sprintf("%q", text)
}

// held is a value that some row of the collection has in a field, or any where there is none.
func (s *scribe) held(c *schema.Collection, f *schema.Field) string {
	if rows := s.rows[c]; len(rows) > 0 {
		if v := pick(s.Rand, rows)[f.Ordinal]; !v.IsNull() {
			return show(f.Type, v)
		}
	}
	return show(f.Type, sample(s.Rand, f.Type))
}
