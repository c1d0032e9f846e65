package storetest

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

var comparisons = []ir.CompareOp{ir.Eq, ir.Ne, ir.Lt, ir.Le, ir.Gt, ir.Ge}

func (m *maker) predicate(depth int) ir.Expr {
	switch m.IntN(14) {
	case 0:
		return &ir.And{Of: m.several(depth)}
	case 1:
		return &ir.Or{Of: m.several(depth)}
	case 2:
		return &ir.Not{X: m.Expr(aBool, depth-1)}
	case 3:
		return &ir.IsNull{X: m.Expr(pick(m.Rand, allTypes), depth-1)}
	case 4:
		return &ir.Test{X: m.Expr(aBool, depth-1), Want: pick(m.Rand, []ir.Truth{ir.True, ir.False, ir.Unknown})}
	case 5:
		t := pick(m.Rand, allTypes)
		return &ir.Same{L: m.Expr(t, depth-1), R: m.Expr(t, depth-1), Negate: m.IntN(2) == 0}
	case 6:
		return m.quantified(depth)
	case 7:
		return m.pattern(depth)
	case 8:
		return m.set(depth)
	case 9:
		op := pick(m.Rand, []ir.TextOp{ir.StartsWith, ir.EndsWith, ir.HasText})
		return &ir.TextTest{Op: op, X: m.Expr(aText, depth-1), Y: m.Expr(aText, depth-1)}
	case 10:
		if m.vars == nil {
			return m.listAny(depth)
		}
	case 11:
		if m.vars == nil {
			return m.exists(depth)
		}
	}
	return m.compare(depth)
}

func (m *maker) several(depth int) []ir.Expr {
	out := make([]ir.Expr, 1+m.IntN(3))
	for i := range out {
		out[i] = m.Expr(aBool, depth-1)
	}
	return out
}

// compare relates two expressions of one type, or an int and a decimal. JSON is compared for equality only.
func (m *maker) compare(depth int) ir.Expr {
	t := pick(m.Rand, allTypes)
	op := pick(m.Rand, comparisons)
	if t.Kind == value.JSON || t.List {
		op = pick(m.Rand, []ir.CompareOp{ir.Eq, ir.Ne})
	}
	if t == anInt || t.Kind == value.Decimal {
		return &ir.Compare{Op: op, L: m.exact(depth - 1), R: m.exact(depth - 1)}
	}
	return &ir.Compare{Op: op, L: m.Expr(t, depth-1), R: m.Expr(t, depth-1)}
}

// quantified compares with a list the request brought.
func (m *maker) quantified(depth int) ir.Expr {
	t := pick(m.Rand, []value.Type{aText, anInt, aFloat, aNarrow, aWide, aUUID, aTimestamp, aDate})
	list := value.Type{Kind: t.Kind, Precision: t.Precision, Scale: t.Scale, List: true}
	var of []value.Value
	for range m.IntN(4) {
		of = append(of, sample(m.Rand, t))
	}
	v, err := value.ListOf(list, of)
	if err != nil {
		panic(err)
	}
	return &ir.Quantified{Op: pick(m.Rand, comparisons), X: m.Expr(t, depth-1), List: m.param(v, list), All: m.IntN(2) == 0}
}

var (
	likes   = []string{"", "%", "_", "a%", "%b%", "A_C", "a\\%b\\_c\\\\d", "__", "%é%", "É", "abc", "%\\%%", "_%_", "x%x", "%\n%"}
	regexes = []string{"", "a", "^a", "c$", "^$", "a.c", "[a-c]+", "[^a-c]", "a|É", "(ab)?c", "x{3,}", "\\d", "\\w+", "\\s", "é", "\\bb", "^.{1,2}$", "\\.", "[\\d.]+"}
)

func (m *maker) pattern(depth int) ir.Expr {
	x, list, fold, all := m.Expr(aText, depth-1), m.IntN(3) == 0, m.IntN(2) == 0, m.IntN(2) == 0
	pool, like := likes, true
	if m.IntN(2) == 0 {
		pool, like = regexes, false
	}
	p := m.param(value.OfText(pick(m.Rand, pool)), aText)
	if list {
		var of []value.Value
		for range m.IntN(3) {
			of = append(of, value.OfText(pick(m.Rand, pool)))
		}
		v, err := value.ListOf(someTexts, of)
		if err != nil {
			panic(err)
		}
		p = m.param(v, someTexts)
	}
	if like {
		return &ir.Like{X: x, Pattern: p, Fold: fold, List: list, All: list && all}
	}
	return &ir.Match{X: x, Pattern: p, Fold: fold, List: list, All: list && all}
}

func (m *maker) set(depth int) ir.Expr {
	t := pick(m.Rand, []value.Type{aJSON, someTexts, someInts})
	op := pick(m.Rand, []ir.SetOp{ir.Contains, ir.Contained, ir.Overlaps})
	if t == aJSON {
		op = pick(m.Rand, []ir.SetOp{ir.Contains, ir.Contained})
	}
	return &ir.Set{Op: op, L: m.leaf(t), R: m.leaf(t)}
}

func (m *maker) listAny(depth int) ir.Expr {
	list := pick(m.Rand, []value.Type{someTexts, someInts})
	v := &ir.Var{Of: list.Element(), Label: "x"}
	x := m.column(list)
	m.vars = append(m.vars, v)
	cond := m.Expr(aBool, depth-1)
	m.vars = m.vars[:len(m.vars)-1]
	if len(m.vars) == 0 {
		m.vars = nil
	}
	return &ir.ListAny{X: x, V: v, Cond: cond, All: m.IntN(2) == 0}
}

// relation draws a relation of the row's collection, ok false where none fits.
func (m *maker) relation(fits func(*schema.Relation) bool) (*schema.Relation, bool) {
	var of []*schema.Relation
	for _, r := range m.row.Collection.Relations {
		if fits(r) && r.To.View == nil {
			of = append(of, r)
		}
	}
	if len(of) == 0 {
		return nil, false
	}
	return pick(m.Rand, of), true
}

// within draws an expression over another row.
func (m *maker) within(row *ir.Row, draw func() ir.Expr) ir.Expr {
	outer := m.row
	m.row = row
	e := draw()
	m.row = outer
	return e
}

func (m *maker) through(t value.Type, depth int) ir.Expr {
	rel, ok := m.relation((*schema.Relation).ToOne)
	if !ok {
		return nil
	}
	to := &ir.Row{Collection: rel.To, Label: rel.Key}
	return &ir.Through{From: m.row, Rel: rel, To: to, Yield: m.within(to, func() ir.Expr { return m.Expr(t, depth-1) })}
}

func (m *maker) exists(depth int) ir.Expr {
	var path []*schema.Relation
	from := m.row
	if rel, ok := m.relation((*schema.Relation).ToOne); ok && m.IntN(3) == 0 {
		path = append(path, rel)
		from = &ir.Row{Collection: rel.To}
	}
	var to *ir.Row
	var cond ir.Expr
	m.within(from, func() ir.Expr {
		rel, ok := m.relation(func(*schema.Relation) bool { return true })
		if !ok {
			return nil
		}
		path = append(path, rel)
		to = &ir.Row{Collection: rel.To, Label: rel.Key}
		cond = m.within(to, func() ir.Expr { return m.Expr(aBool, depth-1) })
		return nil
	})
	if to == nil {
		return m.leaf(aBool)
	}
	return &ir.Exists{From: m.row, Path: path, To: to, Cond: cond, All: m.IntN(2) == 0}
}

func (m *maker) count(depth int) ir.Expr {
	rel, ok := m.relation(func(r *schema.Relation) bool { return !r.ToOne() })
	if !ok {
		return m.leaf(anInt)
	}
	c := &ir.Count{From: m.row, Rel: rel}
	if m.IntN(2) == 0 {
		c.To = &ir.Row{Collection: rel.To, Label: rel.Key}
		c.Cond = m.within(c.To, func() ir.Expr { return m.Expr(aBool, depth-1) })
	}
	return c
}
