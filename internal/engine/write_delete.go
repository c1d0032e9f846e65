package engine

import (
	"cmp"
	"strconv"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// remove deletes the rows that may be read, may be deleted and match the filter, and what goes with them.
func (x *writing) remove() (Answer, error) {
	rows, err := x.targets()
	if err != nil {
		return Answer{}, err
	}
	a, err := x.answer(Answer{Total: -1, Affected: int64(len(rows))}, rows)
	if err != nil {
		return Answer{}, err
	}
	return a, x.cascade(rows)
}

// node is a row that a delete reaches: to go itself, or to lose its references.
type node struct {
	image
	c        *schema.Collection
	children []reference // rows that refer to it
	cleared  []*schema.Field
	doomed   bool
}

// cascade is one delete with everything that follows from it.
type cascade struct {
	*writing
	nodes map[string]*node
	all   []*node // as they were reached
	held  []reference
}

type reference struct {
	fk *schema.ForeignKey
	by *node
}

func (x *writing) cascade(rows []image) error {
	d := &cascade{writing: x, nodes: map[string]*node{}}
	var frontier []*node
	for _, r := range rows {
		n := d.node(x.c, r)
		n.doomed = true
		frontier = append(frontier, n)
	}
	for len(frontier) > 0 {
		var err error
		if frontier, err = d.reach(frontier); err != nil {
			return err
		}
		if err := x.affordable(len(d.all)); err != nil {
			return cmp.Or(d.restricting(), err)
		}
	}
	if err := d.restricting(); err != nil {
		return err
	}
	if err := d.clear(); err != nil {
		return err
	}
	order := d.order()
	if err := d.loosen(order); err != nil {
		return err
	}
	return d.delete(order)
}

// restricting refuses where a row that stays refers to one that goes.
func (d *cascade) restricting() error {
	for _, h := range d.held {
		if !h.by.doomed {
			return d.restricted(h.fk)
		}
	}
	return nil
}

func (d *cascade) node(c *schema.Collection, i image) *node {
	id := strconv.Itoa(c.Index) + ":" + identityText(i.key)
	n, ok := d.nodes[id]
	if !ok {
		n = &node{image: i, c: c}
		d.nodes[id] = n
		d.all = append(d.all, n)
	}
	return n
}

// reach finds the rows that refer to those given and gives the ones that go with them and were not known to.
func (d *cascade) reach(frontier []*node) ([]*node, error) {
	byCollection := map[*schema.Collection][]*node{}
	var order []*schema.Collection
	for _, n := range frontier {
		if byCollection[n.c] == nil {
			order = append(order, n.c)
		}
		byCollection[n.c] = append(byCollection[n.c], n)
	}
	var next []*node
	for _, c := range order {
		for _, fk := range d.engine.writer.incoming[c] {
			found, err := d.follow(fk, byCollection[c])
			if err != nil {
				return nil, err
			}
			next = append(next, found...)
		}
	}
	return next, nil
}

func (d *cascade) follow(fk *schema.ForeignKey, parents []*node) ([]*node, error) {
	tuples := make([]plan.Tuple, len(parents))
	for i, p := range parents {
		tuples[i] = p.project(fk.Targets)
	}
	found, err := d.holding(fk.Columns, tuples)
	if err != nil {
		return nil, err
	}
	var doomed []*node
	for _, h := range found {
		n := d.node(fk.From, h.image)
		parents[h.at].children = append(parents[h.at].children, reference{fk, n})
		switch fk.OnDelete {
		case schema.Restrict:
			d.held = append(d.held, reference{fk, n})
		case schema.SetNull:
			n.cleared = append(n.cleared, fk.Columns...)
		case schema.Cascade:
			if !n.doomed {
				n.doomed = true
				doomed = append(doomed, n)
			}
		}
	}
	return doomed, nil
}

// clear sets the references of rows that stay to NULL. A catalogue has no set_null on a field that needs a value.
func (d *cascade) clear() error {
	for _, n := range d.all {
		if n.doomed || len(n.cleared) == 0 {
			continue
		}
		fields := distinctFields(n.cleared)
		values := make(plan.Tuple, len(fields))
		next := n.with(fields, values)
		if err := d.lawful(n.c, next, fields); err != nil {
			return err
		}
		if err := d.one(sqlgen.Update(d.dialect, n.c, fields, values, []sqlgen.Guarded{n.guarded()})); err != nil {
			return err
		}
		if err := d.log(n.c, &n.image, &next); err != nil {
			return err
		}
	}
	return nil
}

// lawful refuses to leave a row without its references where a check of its collection needs them. No policy has a say.
func (d *cascade) lawful(c *schema.Collection, row image, cleared []*schema.Field) error {
	if len(c.Checks) == 0 {
		return nil
	}
	change := &ir.Write{Action: ir.Update, Row: &ir.Row{Collection: c, Label: c.Key}, Columns: cleared, AtMost: -1}
	child, err := d.writing.writing(change, true)
	if err != nil {
		return err
	}
	for n, check := range child.m.checks {
		broken, err := child.broken(check, []image{row}, nil)
		switch {
		case err != nil:
			return err
		case len(broken) > 0 && d.bound.Sees(c):
			return fault.New(fault.CheckViolation, "new row for relation %q violates check constraint %q", c.Name, c.Checks[n].Name)
		case len(broken) > 0:
			return fault.New(fault.CheckViolation, "update or delete on table %q violates a check constraint", d.c.Name)
		}
	}
	return nil
}

func distinctFields(of []*schema.Field) []*schema.Field {
	var out []*schema.Field
	for _, f := range of {
		if !contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// one runs a statement that must change one row.
func (d *cascade) one(e sqlgen.Exec, err error) error {
	n, err := d.exec(e, err)
	if err == nil && n != 1 {
		return overtaken{}
	}
	return err
}

// delete removes rows in order. Neighbours of one collection go in one statement, so that rows may refer to each other.
func (d *cascade) delete(nodes []*node) error {
	for from := 0; from < len(nodes); {
		c, to := nodes[from].c, together(nodes, from)
		var rows []sqlgen.Guarded
		for _, n := range nodes[from:to] {
			rows = append(rows, n.guarded())
		}
		e, err := sqlgen.Delete(d.dialect, c, rows)
		err = d.attempt(func() error {
			n, err := d.exec(e, err)
			if err == nil && n != int64(len(rows)) {
				return overtaken{}
			}
			return err
		}, func() error { return nil })
		if err != nil {
			return err
		}
		for _, n := range nodes[from:to] {
			if err := d.log(c, &n.image, nil); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}
