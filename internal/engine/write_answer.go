package engine

import (
	"encoding/json"
	"sort"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// answer adds the keys and the representation of the rows that were written, or are about to be deleted.
func (x *writing) answer(a Answer, rows []image) (Answer, error) {
	if len(x.c.PrimaryKey) > 0 {
		a.Keys = identities(rows)
	}
	if x.remembering {
		for _, r := range rows {
			a.texts = append(a.texts, json.RawMessage(arrayText(plan.Identity(x.c), r.key)))
		}
	}
	if x.m.returned == nil {
		return a, nil
	}
	var err error
	if x.w.Action != ir.Delete { // what is about to be deleted can be read
		err = x.visible(identities(rows))
	}
	if err == nil {
		a.Result, err = x.represent(identities(rows))
	}
	a.Level, a.Shape = x.m.returned.level, x.m.shape
	return a, err
}

// visible refuses to return rows that the actor cannot read.
func (x *writing) visible(keys []plan.Tuple) error {
	seen, err := x.among(x.m.seen, keys)
	if err != nil {
		return err
	}
	for _, ok := range seen {
		if !ok {
			return x.denied()
		}
	}
	return nil
}

// represent reads rows by their identities and puts them in that order.
func (x *writing) represent(keys []plan.Tuple) (*plan.Result, error) {
	if len(keys) == 0 {
		return &plan.Result{Total: -1, Children: empty(x.m.returned.level)}, nil
	}
	x.Weigh(x.own)
	defer x.Weigh(nil)
	r := &run{ctx: x.ctx, snap: x.session, env: *x.env, limits: &x.engine.limits}
	res, err := r.step(x.m.returned, keys)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(res.Tuples))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return res.Tuples[order[i]][0].Int() < res.Tuples[order[j]][0].Int() })
	return reordered(res, order), nil
}

func reordered(res *plan.Result, order []int) *plan.Result {
	out := &plan.Result{Total: -1, Tuples: make([]plan.Tuple, len(order)), Children: make([]plan.ChildResult, len(res.Children))}
	for to, from := range order {
		out.Tuples[to] = res.Tuples[from]
	}
	for n, child := range res.Children {
		out.Children[n] = plan.ChildResult{Result: child.Result, Of: make([][]int, len(order))}
		for to, from := range order {
			out.Children[n].Of[to] = child.Of[from]
		}
	}
	return out
}

// logAll logs rows with what they were before; olds is nil for new rows.
func (x *writing) logAll(olds, news []image) error {
	if !x.engine.writer.logged[x.c.Index] {
		return nil
	}
	changes := make([]sqlgen.Change, len(news))
	for i := range news {
		var old *image
		if olds != nil {
			old = &olds[i]
		}
		changes[i] = x.change(x.c, old, &news[i])
	}
	return x.append(changes)
}

// log logs one row where its collection's changes are; old or now is nil for a row that was not there, or is no more.
func (x *writing) log(c *schema.Collection, old, now *image) error {
	if !x.engine.writer.logged[c.Index] {
		return nil
	}
	return x.append([]sqlgen.Change{x.change(c, old, now)})
}

func (x *writing) append(changes []sqlgen.Change) error {
	statements, err := sqlgen.Log(x.dialect, changes)
	if err != nil {
		return err
	}
	for _, e := range statements {
		if err := x.done(e, 0); err != nil {
			return err
		}
	}
	return nil
}

func (x *writing) change(c *schema.Collection, old, now *image) sqlgen.Change {
	entry := sqlgen.Change{Collection: c, At: x.now}
	row := now
	if old != nil {
		entry.Old, row = objectText(sqlgen.StoredFields(c), old.tuple), old
		entry.Version = old.version + 1
	}
	if now != nil {
		entry.New, row = objectText(sqlgen.StoredFields(c), now.tuple), now
		entry.Version = now.version
	}
	entry.Key = arrayText(plan.Identity(c), row.key)
	return entry
}

// objectText is a row as a JSON object by column names.
func objectText(fields []*schema.Field, tuple eval.Tuple) string {
	out := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(value.AppendJSONString(out, f.Ident.Name()), ':')
		out = value.AppendJSON(out, f.Type, tuple[f.Ordinal])
	}
	return string(append(out, '}'))
}

func arrayText(fields []*schema.Field, values plan.Tuple) string {
	out := []byte{'['}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = value.AppendJSON(out, f.Type, values[i])
	}
	return string(append(out, ']'))
}
