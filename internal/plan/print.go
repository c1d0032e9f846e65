package plan

import (
	"strconv"

	"github.com/socle-hq/socle/internal/ir"
)

// Print gives the stable text of a plan: the selects of its levels and how their tuples become objects.
func Print(p Plan) string {
	w := &writer{Printer: ir.NewPrinter()}
	if p.root == nil {
		return ""
	}
	w.level(p.root, 0)
	if p.count != nil {
		w.Line(0)
		w.Text("count")
		w.sel(p.count, 1)
	}
	return w.String()
}

type writer struct{ *ir.Printer }

func (w *writer) level(l *Level, depth int) {
	w.sel(l.Select, depth)
	w.Line(depth)
	w.Text("object")
	w.object(l.Object, depth+1)
	for i, c := range l.Children {
		w.Line(depth)
		w.Text("child " + strconv.Itoa(i) + " by columns")
		for _, k := range c.Key {
			w.Text(" " + strconv.Itoa(k))
		}
		if c.Single {
			w.Text(" single")
		}
		w.level(c.Level, depth+1)
	}
}

func (w *writer) sel(s *Select, depth int) {
	w.Line(depth)
	w.Text("select ")
	w.Row(s.From.Row)
	w.source(s.From, depth)
	for _, j := range s.Joins {
		w.Line(depth + 1)
		if j.Inner {
			w.Text("join ")
		} else {
			w.Text("left join ")
		}
		w.Row(j.Row)
		w.source(j.Source, depth+1)
		w.Text(" on ")
		w.Expr(j.On)
	}
	if s.Parents != nil {
		w.parents(s.Parents, depth+1)
	}
	for i, c := range s.Columns {
		w.Line(depth + 1)
		w.Text(strconv.Itoa(i) + ": ")
		if c == nil {
			w.Text("ordinal")
			continue
		}
		w.Expr(c)
	}
	w.clauses(s, depth+1)
}

func (w *writer) source(s Source, depth int) {
	if s.Derived != nil {
		w.Text(" derived")
		w.sel(s.Derived, depth+2)
	}
}

func (w *writer) parents(p *Parents, depth int) {
	w.Line(depth)
	w.Text("parents by")
	for _, k := range p.Key {
		w.Text(" ")
		w.Expr(k)
	}
	if p.Via != nil {
		w.Text(" via ")
		w.Row(p.Via.Row)
		w.Text(" on ")
		w.Expr(p.ViaOn)
	}
}

func (w *writer) clauses(s *Select, depth int) {
	w.clause("where ", s.Where, depth)
	if s.Grouped {
		w.Line(depth)
		w.Text("group")
		for _, g := range s.Group {
			w.Text(" ")
			w.Expr(g)
		}
	}
	w.clause("having ", s.Having, depth)
	for _, o := range s.Order {
		w.Line(depth)
		w.Text("order ")
		w.Order(o)
	}
	w.clause("limit ", s.Limit, depth)
	w.clause("offset ", s.Offset, depth)
}

func (w *writer) clause(name string, e ir.Expr, depth int) {
	if e == nil {
		return
	}
	w.Line(depth)
	w.Text(name)
	w.Expr(e)
}

func (w *writer) object(o *Object, depth int) {
	for _, m := range o.Members {
		w.Line(depth)
		switch m := m.(type) {
		case *Leaf:
			w.Text(strconv.Quote(m.Name) + " = " + strconv.Itoa(m.Column) + " as " + m.Out().String())
		case *One:
			w.Text(strconv.Quote(m.Name) + " object if " + strconv.Itoa(m.Present))
			w.object(m.Object, depth+1)
		case *Many:
			w.Text(strconv.Quote(m.Name) + " from child " + strconv.Itoa(m.Child))
		case *Spread:
			w.Text("spread child " + strconv.Itoa(m.Child))
		}
	}
}
