package postgres

import (
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Children fetches the rows of all parents in one statement. The keys come as one array per key column, whose ordinality is
// the parent's. A limit or an aggregation per parent is a LATERAL select.
func (Dialect) Children(b *sqlgen.Builder, s *plan.Select) string {
	c := &children{b: b, s: s, parent: b.Alias()}
	if s.Limit == nil && s.Offset == nil && !s.Grouped {
		return c.joined()
	}
	return c.lateral()
}

type children struct {
	b      *sqlgen.Builder
	s      *plan.Select
	parent string // alias of the keys
}

// each is the parents' keys as a table of columns k0, k1 … and the ordinality n.
func (c *children) each() string {
	var arrays, names []string
	for i, k := range c.s.Parents.Key {
		arrays = append(arrays, c.b.Keys(i, sqlgen.Coding{Form: sqlgen.Elements, Type: k.Type()}))
		names = append(names, "k"+strconv.Itoa(i))
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") WITH ORDINALITY AS " + c.parent + "(" + strings.Join(names, ", ") + ", n)"
}

func (c *children) ordinal() string { return "(" + c.parent + ".n - 1)" }

func (c *children) keys() []string {
	var out []string
	for i, k := range c.s.Parents.Key {
		key := c.parent + ".k" + strconv.Itoa(i)
		if k.Type().Kind == value.Text {
			key = "(" + key + collate + ")"
		}
		out = append(out, "("+c.b.Expr(k)+" = "+key+")")
	}
	return out
}

func (c *children) joined() string {
	q, leave := c.b.Clauses(c.s)
	defer leave()
	q.From = c.each() + " CROSS JOIN " + q.From
	q.Where = append(c.keys(), q.Where...)
	q.Columns[0] = c.ordinal()
	return q.Text()
}

// lateral orders by the ordinal and by the place that the inner select gives each row.
func (c *children) lateral() string {
	q, leave := c.b.Clauses(c.s)
	defer leave()
	q.Where = append(c.keys(), q.Where...)
	n := len(q.Columns)
	rank := "row_number() OVER ()"
	if len(q.Order) > 0 {
		rank = "row_number() OVER (ORDER BY " + strings.Join(sqlgen.Terms(q.Order), ", ") + ")"
	}
	q.Columns[0] = rank
	rows := c.b.Alias()
	names := []string{c.ordinal() + " AS " + sqlgen.Output(0)}
	for i := 1; i < n; i++ {
		names = append(names, rows+"."+sqlgen.Output(i))
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + c.each() + " CROSS JOIN LATERAL (" + q.Text() + ") AS " + rows +
		" ORDER BY " + c.parent + ".n, " + rows + "." + sqlgen.Output(0)
}
