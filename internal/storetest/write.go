package storetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// writer draws policies as a project writes them, over a row variable of some collection.
type writer struct {
	*rand.Rand
	row string
	col *schema.Collection
	n   int // element variables so far
}

// Policy draws a boolean expression at most depth operators deep.
func (w *writer) Policy(depth int) string {
	if depth <= 0 {
		return w.atom(0)
	}
	switch w.IntN(10) {
	case 0, 1:
		return "(" + w.Policy(depth-1) + " && " + w.Policy(depth-1) + ")"
	case 2, 3:
		return "(" + w.Policy(depth-1) + " || " + w.Policy(depth-1) + ")"
	case 4:
		return "!(" + w.Policy(depth-1) + ")"
	case 5:
		return "(" + w.Policy(depth-1) + " ? " + w.Policy(depth-1) + " : " + w.Policy(depth-1) + ")"
	case 6:
		return w.walk(depth)
	}
	return w.atom(depth)
}

func (w *writer) atom(depth int) string {
	switch w.IntN(11) {
	case 0:
		return w.auth()
	case 1:
		return w.field(pick(w.Rand, allTypes)) + pick(w.Rand, []string{" == ", " != "}) + "null"
	case 2:
		return w.text(depth) + pick(w.Rand, []string{".startsWith(", ".endsWith(", ".contains("}) + w.text(0) + ")"
	case 3:
		return w.text(0) + ".matches(" + strconv.Quote(pick(w.Rand, regexes)) + ")"
	case 4:
		return w.text(0) + " in " + pick(w.Rand, []string{w.field(someTexts), `["a", "A", "low"]`})
	case 5:
		return w.element()
	case 6:
		if f := w.field(aBool); f != "" {
			return f
		}
	case 7:
		return w.pair(w.text)
	case 8:
		return w.pair(w.number)
	case 9:
		return w.pair(w.instant)
	}
	return w.pair(w.day)
}

func (w *writer) pair(draw func(int) string) string {
	return "(" + draw(1) + pick(w.Rand, []string{" == ", " != ", " < ", " <= ", " > ", " >= "}) + draw(1) + ")"
}

// auth draws a condition on the actor, alone or against the row.
func (w *writer) auth() string {
	return pick(w.Rand, []string{
		"auth.uid == " + w.field(aUUID), "auth.uid != null", "auth.uid == null", "auth.role == 'authenticated'", "auth.role != 'anon'",
		"auth.email == " + w.text(0), "auth.claims.org == " + w.text(0), "auth.claims.level == " + w.field(anInt),
		"auth.claims.level > 1", "auth.claims.org == null", "auth.is_anonymous", "auth.aal == 'aal2'", "auth.claims.org == 'abc'",
	})
}

// field is a field of type t, sometimes through a to-one relation; a literal where there is none.
func (w *writer) field(t value.Type) string {
	row, col := w.row, w.col
	for _, rel := range col.Relations {
		if rel.ToOne() && rel.Forward && w.IntN(4) == 0 {
			row, col = row+"."+rel.Key, rel.To
			break
		}
	}
	var of []string
	for _, f := range col.Fields {
		if f.Type == t && f.Enum == nil && f.Computed == nil {
			of = append(of, row+"."+f.Key)
		}
	}
	if len(of) == 0 {
		return w.literal(t)
	}
	return pick(w.Rand, of)
}

func (w *writer) literal(t value.Type) string {
	switch {
	case t.List && t.Kind == value.Int:
		return "[1, 2, 3]"
	case t.List:
		return `["a", "b"]`
	}
	v := sample(w.Rand, t).Text()
	switch t.Kind {
	case value.Int:
		return strconv.FormatInt(pick(w.Rand, ints[:9]), 10)
	case value.Bool:
		return v
	case value.Timestamp:
		return "timestamp(" + strconv.Quote(v) + ")"
	case value.Date:
		return "date(" + strconv.Quote(v) + ")"
	case value.Decimal:
		return "decimal(" + strconv.Quote(v) + ")"
	case value.Text:
		return strconv.Quote(v)
	}
	return w.row + "." + w.first(t)
}

// first is a field of the row that has type t; the generated catalogue has one of each on its main collection.
func (w *writer) first(t value.Type) string {
	for _, f := range w.col.Fields {
		if f.Type == t {
			return f.Key
		}
	}
	return "id"
}

func (w *writer) text(depth int) string {
	switch {
	case depth > 0 && w.IntN(5) == 0:
		return "(" + w.text(0) + " + " + w.text(0) + ")"
	case depth > 0 && w.IntN(5) == 0:
		return "text(" + pick(w.Rand, []string{w.field(anInt), w.field(aBool)}) + ")"
	case w.IntN(3) == 0:
		return w.literal(aText)
	}
	return w.field(aText)
}

func (w *writer) number(depth int) string {
	switch {
	case depth > 0 && w.IntN(3) == 0:
		return "(" + w.number(depth-1) + pick(w.Rand, []string{" + ", " - ", " * ", " / ", " % "}) + w.number(depth-1) + ")"
	case depth > 0 && w.IntN(5) == 0:
		return "size(" + pick(w.Rand, []string{w.field(aText), w.field(someTexts)}) + ")"
	case w.IntN(3) == 0:
		return w.literal(anInt)
	case w.IntN(3) == 0:
		return w.field(aNarrow)
	}
	return w.field(anInt)
}

func (w *writer) instant(depth int) string {
	switch {
	case depth > 0 && w.IntN(4) == 0:
		return "(" + w.instant(0) + pick(w.Rand, []string{" + ", " - "}) + `duration("36h"))`
	case w.IntN(4) == 0:
		return "now()"
	case w.IntN(3) == 0:
		return w.literal(aTimestamp)
	}
	return w.field(aTimestamp)
}

func (w *writer) day(depth int) string {
	switch {
	case depth > 0 && w.IntN(4) == 0:
		return "date(" + w.instant(0) + ")"
	case w.IntN(4) == 0:
		return "today()"
	case w.IntN(3) == 0:
		return w.literal(aDate)
	}
	return w.field(aDate)
}

func (w *writer) element() string {
	w.n++
	x := fmt.Sprintf("x%d", w.n)
	list, test := w.field(someTexts), x+" == "+w.text(0)
	if strings.HasPrefix(list, "[") {
		list = w.row + "." + w.first(someTexts)
	}
	if !strings.HasPrefix(list, w.row) || strings.HasSuffix(list, ".id") {
		return w.pair(w.number)
	}
	return list + pick(w.Rand, []string{".exists(", ".all("}) + x + ", " + test + ")"
}

// walk quantifies over a to-many relation, or counts it.
func (w *writer) walk(depth int) string {
	var of []*schema.Relation
	for _, r := range w.col.Relations {
		if !r.ToOne() && len(w.col.RelationsNamed(r.Key)) == 1 && w.col.RelationsNamed(r.Key)[0] == r {
			of = append(of, r)
		}
	}
	if len(of) == 0 {
		return w.atom(depth)
	}
	rel := pick(w.Rand, of)
	if w.IntN(4) == 0 {
		return "size(" + w.row + "." + rel.Key + ")" + pick(w.Rand, []string{" > ", " == ", " < "}) + strconv.Itoa(w.IntN(4))
	}
	w.n++
	m := fmt.Sprintf("m%d", w.n)
	inner := &writer{Rand: w.Rand, row: m, col: rel.To, n: w.n}
	cond := inner.Policy(depth - 1)
	if w.IntN(3) == 0 {
		cond = "(" + cond + " && " + w.atom(0) + ")"
	}
	w.n = inner.n
	return w.row + "." + rel.Key + pick(w.Rand, []string{".exists(", ".all("}) + m + ", " + cond + ")"
}
