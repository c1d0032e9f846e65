package sqlite

import (
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Children fetches the rows of all parents in one statement. The keys come as one JSON array; an entry's position is the
// parent's ordinal. A limit per parent is a correlated IN: a window over all rows would read them all.
func (Dialect) Children(b *sqlgen.Builder, s *plan.Select) string {
	c := &children{b: b, s: s, parent: b.Alias()}
	c.each = "json_each(" + b.Keys(-1, sqlgen.Coding{}) + ") AS " + c.parent
	switch {
	case s.Grouped && len(s.Group) == 0:
		return c.aggregated()
	case s.Limit == nil && s.Offset == nil:
		return c.joined()
	case s.Grouped || s.From.Derived != nil:
		return c.ranked()
	}
	return c.limited()
}

type children struct {
	b      *sqlgen.Builder
	s      *plan.Select
	parent string // alias of the keys
	each   string
}

// keys equates this level's key with the parent's.
func (c *children) keys() []string {
	var out []string
	for i, k := range c.s.Parents.Key {
		out = append(out, "("+c.b.Expr(k)+" = "+c.key(i, k.Type())+")")
	}
	return out
}

func (c *children) key(i int, t value.Type) string {
	text := c.parent + ".value"
	if len(c.s.Parents.Key) > 1 {
		text = "(" + text + " ->> " + sqlgen.Literal(i) + ")"
	}
	if t.Kind == value.Bytes && !t.List {
		return "unhex(" + text + ")"
	}
	return text
}

// clauses is the select joined to the keys, without its order and range.
func (c *children) clauses(s *plan.Select) (*sqlgen.Clauses, func()) {
	q, leave := c.b.Clauses(s)
	q.From = c.each + " CROSS JOIN " + q.From
	q.Where = append(c.keys(), q.Where...)
	if len(q.Columns) > 0 {
		q.Columns[0] = c.parent + ".key"
	}
	if s.Grouped {
		q.Group = append([]string{"1"}, q.Group...)
	}
	return q, leave
}

func (c *children) joined() string {
	q, leave := c.clauses(c.s)
	defer leave()
	return q.Text()
}

// limited asks for each parent which rows it keeps, then fetches them.
func (c *children) limited() string {
	row := c.s.From.Row
	if c.s.Parents.Via != nil {
		row = c.s.Parents.Via.Row
	}
	kept := c.kept(row)
	q, leave := c.b.Clauses(c.s)
	defer leave()
	q.Columns[0] = c.parent + ".key"
	q.From = c.each + " CROSS JOIN " + q.From
	q.Where = []string{"(" + c.rowid(row) + " IN (" + kept + "))"}
	q.Range = ""
	return q.Text()
}

func (c *children) kept(row *ir.Row) string {
	bare := *c.s
	bare.Columns = nil
	q, leave := c.b.Clauses(&bare)
	defer leave()
	q.Where = append(c.keys(), q.Where...)
	q.Columns = []string{c.rowid(row)}
	return q.Text()
}

// rowid is the row's number under a name that no column can have.
func (c *children) rowid(row *ir.Row) string {
	ref, _ := c.b.Ref(row)
	return ref.Alias + "._rowid_"
}

// ranked numbers the rows of each parent: for groups and views, which have no row number of their own.
func (c *children) ranked() string {
	q, leave := c.clauses(c.s)
	defer leave()
	over := "PARTITION BY " + c.parent + ".key"
	if len(q.Order) > 0 {
		over += " ORDER BY " + strings.Join(sqlgen.Terms(q.Order), ", ")
	}
	n := len(q.Columns)
	names := make([]string, n)
	for i := range names {
		names[i] = sqlgen.Output(i)
	}
	rank := sqlgen.Output(n)
	q.Columns = append(q.Columns, "row_number() OVER ("+over+")")
	q.Order, q.Range = nil, ""
	return "SELECT " + strings.Join(names, ", ") + " FROM (" + q.Text() + ") WHERE " + c.window(rank) +
		" ORDER BY " + sqlgen.Output(0) + ", " + rank
}

// window is the range as a condition on a number that counts from 1.
func (c *children) window(rank string) string {
	offset := "0"
	if c.s.Offset != nil {
		offset = c.b.Expr(c.s.Offset)
	}
	text := rank + " > " + offset
	if c.s.Limit != nil {
		text += " AND " + rank + " - " + offset + " <= " + c.b.Expr(c.s.Limit)
	}
	return text
}

// aggregated gives one row per parent, also for parents without rows: each aggregate is a scalar select.
func (c *children) aggregated() string {
	out := sqlgen.Clauses{From: c.each, Columns: []string{c.parent + ".key"}}
	for _, x := range c.s.Columns[1:] {
		out.Columns = append(out.Columns, c.scalar(x))
	}
	if c.s.Having != nil && !ir.IsTrue(c.s.Having) {
		out.Where = append(out.Where, c.scalar(c.s.Having))
	}
	if c.s.Limit != nil || c.s.Offset != nil {
		out.Where = append(out.Where, c.window("1"))
	}
	return out.Text()
}

func (c *children) scalar(x ir.Expr) string {
	bare := *c.s
	bare.Columns, bare.Having, bare.Order, bare.Limit, bare.Offset = []ir.Expr{x}, nil, nil, nil, nil
	q, leave := c.b.Clauses(&bare)
	defer leave()
	q.Where = append(c.keys(), q.Where...)
	return "(" + q.Text() + ")"
}
