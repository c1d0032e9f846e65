package postgres_test

import (
	"math"
	"math/rand/v2"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// everything has a field of each type and every kind of relation.
const everything = `
-- things.yaml --
fields:
  id: int
  name: text
  n: int
  price: { type: decimal, precision: 8, scale: 2 }
  huge: { type: decimal, precision: 30, scale: 4 }
  ratio: float
  on: bool
  key: uuid
  at: timestamp
  day: date
  doc: json
  raw: bytes
  words: { type: text, list: true }
  nums: { type: int, list: true }
  prices: { type: decimal, precision: 8, scale: 2, list: true }
  parent_id: { ref: things }
search: [name]
policies: { read: true }
`

// maker draws typed expressions over a row, and rows.
type maker struct {
	*rand.Rand
	row  *ir.Row
	args []value.Value
}

var texts = []string{"", "a", "A", "abc", "aBc", "b", "ab", "été", "É", "1", "-7", " 42 ", "1.50", "1e3", ".5", "5.", "+8", "9223372036854775807",
	"9223372036854775808", "1e400", "0e5", "true", "null", "100%", "a_c", `back\slash`, `"q"`, "2024-02-29", "2023-02-29", "2024-02-29T23:30:00-01:00",
	"2024-01-02 03:04:05.123456789Z", "0001-01-01", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00+01", "2024-13-01", "0000-01-01",
	"line\nbreak", "\x7f", "😀", "K", "ſ", "550E8400-e29b-41d4-a716-446655440000", "{550e8400e29b41d4a716446655440000}", "x y"}

var ints = []int64{0, 1, -1, 2, 7, -7, 10, 100, 150, 1 << 31, -(1 << 31), 1 << 53, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1}

var decimals = []string{"0", "1", "-1", "1.5", "1.50", "-0.05", "0.005", "2.345", "999999.99", "-999999.99", "1000000", "0.33", "150", "123456789012345.6789", "-0.0001", "1e20"}

var floats = []float64{0, 1, -1, 0.1, 0.2, 1.5, -2.5, 2.5, 1e15, 1e16, 1e-5, 1e300, -1e300, 1.7e308, -1.7e308, 5e-324, 1e-310, 3, 9.3e18, -9.3e18, 1e-200}

var instants = []int64{0, 1, -1, 1_700_000_000_123_456, 1_709_164_800_000_000, value.MinTimestamp, value.MaxTimestamp, -86_400_000_000, 86_399_999_999}

var days = []int64{0, 1, -1, 19_782, value.MinDate, value.MaxDate}

var docs = []string{`null`, `true`, `false`, `0`, `1`, `-1.5`, `10`, `9`, `""`, `"a"`, `"b"`, `[]`, `[1,2]`, `[1,"a",null]`, `{}`, `{"a":1}`, `{"a":{"b":[1,2,3]},"c":"x, y: z"}`,
	`{"1":"one"}`, `["a"]`, `[[1],[2]]`, `{"a":"q\"uote, and \\ : done"}`, `"2024-01-01"`, `12345678901234567890.5`}

var uuids = []string{"00000000-0000-0000-0000-000000000000", "550e8400-e29b-41d4-a716-446655440000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}

func pick[T any](m *maker, of []T) T { return of[m.IntN(len(of))] }

func (m *maker) decimal() value.Value {
	d, _ := value.ParseDec(pick(m, decimals))
	return value.OfDecimal(d)
}

// value draws a value of a type that a row may hold.
func (m *maker) value(t value.Type) value.Value {
	if t.List {
		return m.list(t)
	}
	switch t.Kind {
	case value.Text:
		return value.OfText(pick(m, texts))
	case value.Int:
		return value.OfInt(pick(m, ints))
	case value.Decimal:
		if v, err := value.Fit(t, m.decimal()); err == nil {
			return v
		}
		return m.value(t)
	case value.Float:
		return value.OfFloat(pick(m, floats))
	case value.Bool:
		return value.OfBool(m.IntN(2) == 0)
	case value.UUID:
		return value.OfUUID(pick(m, uuids))
	case value.Timestamp:
		return value.OfTimestamp(pick(m, instants))
	case value.Date:
		return value.OfDate(pick(m, days))
	case value.JSON:
		return value.OfJSON(pick(m, docs))
	case value.Duration:
		return value.OfDuration(pick(m, ints))
	}
	return value.OfBytes(pick(m, []string{"", "\x00", "abc", "\xff\xfe"}))
}

func (m *maker) list(t value.Type) value.Value {
	var of []value.Value
	for range m.IntN(4) {
		of = append(of, m.value(t.Element()))
	}
	v, err := value.ListOf(t.Element(), of)
	if err != nil {
		panic(err)
	}
	return v
}

func (m *maker) rows(c *schema.Collection, n int) [][]value.Value {
	var out [][]value.Value
	for i := range n {
		row := make([]value.Value, len(c.Fields))
		for j, f := range c.Fields {
			if m.IntN(6) > 0 {
				row[j] = m.value(f.Type)
			}
		}
		row[0] = value.OfInt(int64(i + 1))
		row[len(row)-1] = value.Value{}
		if i > 0 && m.IntN(4) > 0 {
			row[len(row)-1] = value.OfInt(int64(1 + m.IntN(i)))
		}
		out = append(out, row)
	}
	return out
}

// param is a value of the request; it may be what no column can hold.
func (m *maker) param(t value.Type) ir.Expr {
	v := m.value(t)
	if t.Kind == value.Decimal && !t.List {
		v, t = m.decimal(), value.Type{Kind: value.Decimal}
	}
	m.args = append(m.args, v)
	return &ir.Param{Slot: len(m.args) - 1, T: t}
}

func (m *maker) field(key string) *ir.Column {
	f, _ := m.row.Collection.FieldByKey(key)
	return &ir.Column{Row: m.row, Field: f}
}

func (m *maker) column(t value.Type) ir.Expr {
	var of []ir.Expr
	for _, f := range m.row.Collection.Fields {
		if f.Type.Kind == t.Kind && f.Type.List == t.List {
			of = append(of, &ir.Column{Row: m.row, Field: f})
		}
	}
	if len(of) == 0 {
		return m.param(t)
	}
	return pick(m, of)
}

var scalars = []value.Type{{Kind: value.Text}, {Kind: value.Int}, {Kind: value.Decimal, Precision: 8, Scale: 2}, {Kind: value.Decimal, Precision: 30, Scale: 4}, {Kind: value.Float}, {Kind: value.Bool},
	{Kind: value.UUID}, {Kind: value.Timestamp}, {Kind: value.Date}, {Kind: value.JSON}, {Kind: value.Bytes}}

// expr draws an expression of a kind.
func (m *maker) expr(t value.Type, depth int) ir.Expr {
	if depth <= 0 || t.List || m.IntN(4) == 0 {
		if m.IntN(3) == 0 {
			return m.param(t)
		}
		return m.column(t)
	}
	if m.IntN(8) == 0 {
		return &ir.Cond{If: m.test(depth - 1), Then: m.expr(t, depth-1), Else: m.expr(t, depth-1)}
	}
	if m.IntN(10) == 0 {
		return &ir.Mask{Policy: m.test(depth - 1), X: m.expr(t, depth-1)}
	}
	if m.IntN(10) == 0 {
		return m.through(t, depth-1)
	}
	return m.made(t, depth-1)
}

func (m *maker) through(t value.Type, depth int) ir.Expr {
	to, from := &ir.Row{Collection: m.row.Collection, Label: "up"}, m.row
	m.row = to
	yield := m.expr(t, depth)
	m.row = from
	return &ir.Through{From: from, Rel: m.relation(true), To: to, Yield: yield}
}

func (m *maker) relation(toOne bool) *schema.Relation {
	for _, r := range m.row.Collection.Relations {
		if r.ToOne() == toOne {
			return r
		}
	}
	panic("no such relation")
}

func (m *maker) made(t value.Type, depth int) ir.Expr {
	switch t.Kind {
	case value.Int:
		switch m.IntN(4) {
		case 0:
			return &ir.Length{X: m.expr(pick(m, []value.Type{{Kind: value.Text}, {Kind: value.Bytes}, {Kind: value.Text, List: true}}), depth)}
		case 1:
			return m.convert(t, depth)
		case 2:
			return &ir.Neg{X: m.expr(t, depth)}
		}
		return m.arith(t, t, depth)
	case value.Decimal:
		switch m.IntN(4) {
		case 0:
			return m.convert(t, depth)
		case 1:
			return &ir.Neg{X: m.expr(t, depth)}
		case 2:
			return m.arith(t, value.Type{Kind: value.Int}, depth)
		}
		return m.arith(t, t, depth)
	case value.Float:
		if m.IntN(3) == 0 {
			return m.convert(t, depth)
		}
		return m.arith(t, t, depth)
	case value.Text:
		switch m.IntN(4) {
		case 0:
			return m.convert(t, depth)
		case 1:
			return &ir.Path{X: m.field("doc"), Steps: m.steps(), Text: true}
		}
		return &ir.Arith{Op: '+', L: m.expr(t, depth), R: m.expr(t, depth), T: t}
	case value.JSON:
		return &ir.Path{X: m.field("doc"), Steps: m.steps()}
	case value.Timestamp:
		if m.IntN(2) == 0 {
			return &ir.Arith{Op: pick(m, []byte("+-")), L: m.expr(t, depth), R: m.param(value.Type{Kind: value.Duration}), T: t}
		}
		return m.convert(t, depth)
	case value.Date, value.UUID:
		return m.convert(t, depth)
	case value.Bool:
		return m.test(depth)
	}
	return m.column(t)
}

func (m *maker) steps() []value.Step {
	var out []value.Step
	for range 1 + m.IntN(2) {
		out = append(out, pick(m, []value.Step{{Key: "a"}, {Key: "b"}, {Key: "1"}, {Key: "c"}, {Index: 0, IsIndex: true}, {Index: 1, IsIndex: true}, {Index: -1, IsIndex: true}}))
	}
	return out
}

func (m *maker) arith(l, r value.Type, depth int) ir.Expr {
	ops := "+-*/%"
	if l.Kind == value.Float {
		ops = "+-*/"
	}
	e := &ir.Arith{Op: ops[m.IntN(len(ops))], L: m.expr(l, depth), R: m.expr(r, depth)}
	e.T, _ = value.ArithType(e.Op, e.L.Type(), e.R.Type())
	return e
}

func (m *maker) convert(to value.Type, depth int) ir.Expr {
	for {
		from := pick(m, scalars)
		if value.Castable(from, to) && from.Kind != value.Bytes {
			if to.Kind == value.Decimal && m.IntN(2) == 0 {
				to = value.Type{Kind: value.Decimal}
			}
			return &ir.Convert{X: m.expr(from, depth), To: to}
		}
	}
}

// test draws a boolean expression.
func (m *maker) test(depth int) ir.Expr {
	if depth <= 0 {
		return m.compare(0)
	}
	switch m.IntN(14) {
	case 0:
		return &ir.And{Of: []ir.Expr{m.test(depth - 1), m.test(depth - 1)}}
	case 1:
		return &ir.Or{Of: []ir.Expr{m.test(depth - 1), m.test(depth - 1)}}
	case 2:
		return &ir.Not{X: m.test(depth - 1)}
	case 3:
		return &ir.Test{X: m.test(depth - 1), Want: pick(m, []ir.Truth{ir.True, ir.False, ir.Unknown})}
	case 4:
		return &ir.IsNull{X: m.expr(pick(m, scalars), depth-1)}
	case 5:
		t := pick(m, scalars)
		return &ir.Same{L: m.expr(t, depth-1), R: m.expr(t, depth-1), Negate: m.IntN(2) == 0}
	case 6:
		return m.quantified(depth)
	case 7:
		return m.pattern(depth)
	case 8:
		return m.set()
	case 9:
		return &ir.TextTest{Op: pick(m, []ir.TextOp{ir.StartsWith, ir.EndsWith, ir.HasText}), X: m.expr(scalars[0], depth-1), Y: m.expr(scalars[0], depth-1)}
	case 10:
		return m.listAny(depth)
	case 11:
		return m.exists(depth)
	}
	return m.compare(depth)
}

var ops = []ir.CompareOp{ir.Eq, ir.Ne, ir.Lt, ir.Le, ir.Gt, ir.Ge}

func (m *maker) compare(depth int) ir.Expr {
	l := pick(m, scalars)
	r := l
	if l.Kind == value.Decimal {
		r = pick(m, []value.Type{scalars[1], scalars[2], scalars[3]})
	}
	return &ir.Compare{Op: pick(m, ops), L: m.expr(l, depth-1), R: m.expr(r, depth-1)}
}

func (m *maker) quantified(depth int) ir.Expr {
	t := pick(m, scalars)
	x := m.expr(t, depth-1)
	list := value.Type{Kind: t.Kind, List: true}
	var of []value.Value
	for range m.IntN(4) {
		v := m.value(t)
		if t.Kind == value.Decimal {
			v = m.decimal()
		}
		of = append(of, v)
	}
	v, err := value.ListOf(list.Element(), of)
	if err != nil {
		panic(err)
	}
	m.args = append(m.args, v)
	return &ir.Quantified{Op: pick(m, ops), X: x, List: &ir.Param{Slot: len(m.args) - 1, T: list}, All: m.IntN(2) == 0}
}

var likes = []string{"", "%", "a%", "%c", "_", "A_c", `100\%`, `a\_c`, "%é%", `back\\%`, "K", "[a]", "%(%"}

var regexes = []string{"a", "^a", "c$", "[a-c]+", "[^a]", `\d+`, `\bb\b`, "a|b", "(?:ab)*c", "^$", `\.5`, "a{1,2}", ".", "^.$", "(a)(b)?", `\s`, `[[:alpha:]]`, "é", `\x{1F600}`, `[^\w]`, `(|a)`, `a*?`, `k`, `^(?:|x)*$`}

func (m *maker) pattern(depth int) ir.Expr {
	x, fold := m.expr(scalars[0], depth-1), m.IntN(2) == 0
	from := likes
	if m.IntN(2) == 0 {
		from = regexes
	}
	t := scalars[0]
	v := value.OfText(pick(m, from))
	many := m.IntN(3) == 0
	if many {
		var of []value.Value
		for range m.IntN(3) {
			of = append(of, value.OfText(pick(m, from)))
		}
		v, _ = value.ListOf(t, of)
		t.List = true
	}
	m.args = append(m.args, v)
	p := &ir.Param{Slot: len(m.args) - 1, T: t}
	if &from[0] == &likes[0] {
		return &ir.Like{X: x, Pattern: p, Fold: fold, List: many, All: m.IntN(2) == 0}
	}
	return &ir.Match{X: x, Pattern: p, Fold: fold, List: many, All: m.IntN(2) == 0}
}

func (m *maker) set() ir.Expr {
	if m.IntN(2) == 0 {
		return &ir.Set{Op: pick(m, []ir.SetOp{ir.Contains, ir.Contained}), L: m.field("doc"), R: m.param(value.Type{Kind: value.JSON})}
	}
	f := m.field(pick(m, []string{"words", "nums", "prices"}))
	return &ir.Set{Op: pick(m, []ir.SetOp{ir.Contains, ir.Contained, ir.Overlaps}), L: f, R: m.param(f.Field.Type)}
}

func (m *maker) listAny(depth int) ir.Expr {
	f := m.field(pick(m, []string{"words", "nums", "prices"}))
	v := &ir.Var{Of: f.Field.Type.Element(), Label: "e"}
	cond := &ir.Compare{Op: pick(m, ops), L: &ir.Elem{V: v}, R: m.expr(v.Of, depth-1)}
	return &ir.ListAny{X: f, V: v, Cond: cond, All: m.IntN(2) == 0}
}

func (m *maker) exists(depth int) ir.Expr {
	rel := m.relation(m.IntN(2) == 0)
	to, from := &ir.Row{Collection: m.row.Collection, Label: "kin"}, m.row
	m.row = to
	cond := m.test(depth - 1)
	m.row = from
	if !rel.ToOne() && m.IntN(3) == 0 {
		return &ir.Compare{Op: pick(m, ops), L: &ir.Count{From: from, Rel: rel, To: to, Cond: cond}, R: m.param(scalars[1])}
	}
	return &ir.Exists{From: from, Path: []*schema.Relation{rel}, To: to, Cond: cond, All: m.IntN(2) == 0}
}
