package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// writing is a mutation under construction.
type writing struct {
	*Read
	view   *schema.View
	limits Limits
	in     Input
	refs   *references
	pairs  []syntax.Pair
	params *syntax.Params
	key    []syntax.Filter // PUT: the filters, which say the key
	ir     *ir.Write

	operations operations // in which something stands for a value
	settled    bool       // what the parameters mean is known from an earlier write
}

var actions = map[string]ir.Action{
	http.MethodPost: ir.Insert, http.MethodPut: ir.Insert, http.MethodPatch: ir.Update, http.MethodDelete: ir.Delete,
}

// write resolves a mutation: the parameters' syntax, then the body, then names.
func (r *Read) write(v *schema.View, l Limits, in Input, refs *references) error {
	w := &writing{Read: r, view: v, limits: l, in: in, refs: refs, ir: &ir.Write{Action: actions[in.Method], AtMost: -1}}
	for _, step := range [...]func() error{w.parameters, w.body, w.target, w.conflict, w.put} {
		if err := step(); err != nil {
			return err
		}
	}
	w.preferred()
	r.Write = w.ir
	r.Range = syntax.Range{Limit: -1}
	return nil
}

// parameters parses the query string and refuses what has no meaning for the method. As the representation is in the body's
// order, an insert ignores order, limit and offset.
func (w *writing) parameters() (err error) {
	if w.pairs, err = syntax.Split(w.in.RawQuery); err != nil {
		return err
	}
	if w.settled = w.again(); w.settled {
		return nil
	}
	if w.params, err = syntax.Parse(w.pairs, w.limits); err != nil {
		return err
	}
	ranged := slices.ContainsFunc(w.params.Bounds, func(g syntax.Bound) bool { return len(g.Path) == 0 })
	ordered := slices.ContainsFunc(w.params.Orders, func(o syntax.Order) bool { return len(o.Path) == 0 })
	switch {
	case ranged && w.in.Method == http.MethodPut:
		return fault.New(fault.PutLimit, "limit/offset querystring parameters are not allowed for PUT")
	case (ranged || ordered) && w.ir.Action != ir.Insert:
		return unsupported("order, limit and offset do not choose the rows of " + w.in.Method)
	case slices.ContainsFunc(w.params.Late, func(q syntax.Pair) bool { return q.Key == "after" && !hasColumn(w.Collection, "after") }):
		return unsupported("after is a parameter of reads")
	}
	w.params.Orders = slices.DeleteFunc(w.params.Orders, func(o syntax.Order) bool { return len(o.Path) == 0 })
	w.operations, err = w.refs.operations(w.params)
	return err
}

func hasColumn(seen *schema.CollectionView, name string) bool {
	_, ok := seen.Field(name)
	return ok
}

// body reads the rows. DELETE has none, whatever was sent.
func (w *writing) body() error {
	if w.ir.Action == ir.Delete {
		return nil
	}
	f, err := body.FormOf(w.in.Header)
	if err != nil {
		return err
	}
	text, err := w.in.text(w.limits)
	if err != nil {
		return err
	}
	columns, err := w.names("columns")
	if err != nil {
		return err
	}
	b := newRows(w.Collection, w.limits, w.refs, columns)
	if err := body.Decode(f, text, b); err != nil {
		return err
	}
	if w.ir.Columns, w.ir.Rows, err = b.finish(); err != nil {
		return err
	}
	if w.ir.Action == ir.Update {
		return w.assignments()
	}
	w.ir.Default = w.Prefer.Missing == "default" && !w.isPut()
	return nil
}

// assignments makes the body of PATCH one row: an empty array changes nothing, and a column that columns= names and the body
// does not give becomes NULL.
func (w *writing) assignments() error {
	switch len(w.ir.Rows) {
	case 0:
		w.ir.Columns, w.ir.Rows = nil, []ir.Input{{}}
	case 1:
	default:
		return body.Bad("The body of PATCH is one object")
	}
	w.ir.Default = w.Prefer.Missing == "default"
	if in := w.ir.Rows[0]; !w.ir.Default {
		for i := range in.Given {
			in.Given[i] = true
		}
	}
	return nil
}

func (w *writing) isPut() bool { return w.in.Method == http.MethodPut }

// target resolves the filter and the representation.
func (w *writing) target() error {
	if w.settled {
		return nil
	}
	if w.isPut() {
		w.key, w.params.Filters = w.rootFilters()
	}
	s := &resolver{view: w.view, limits: w.limits, operations: w.operations}
	root, err := s.resolve(w.Collection, w.params)
	if err != nil {
		return err
	}
	q := root.query
	w.ir.Row, w.ir.Where, w.ir.Args = q.Row, q.Where, s.args
	switch {
	case q.Where != nil && w.isPut():
		return putFilters()
	case q.Where != nil && w.ir.Action == ir.Insert:
		return unsupported("a filter does not choose the rows of POST")
	case w.Prefer.Return == "representation" && q.Aggregates():
		return unsupported("the rows that were written can be returned, not aggregated")
	case w.Prefer.Return == "representation":
		q.Where, q.Order = nil, nil
		w.ir.Return = q
	}
	w.remember(s.slots)
	return nil
}

func (w *writing) rootFilters() (root, others []syntax.Filter) {
	for _, f := range w.params.Filters {
		if len(f.Path) == 0 {
			root = append(root, f)
		} else {
			others = append(others, f)
		}
	}
	return root, others
}

// preferred settles what the preferences ask of the method, and which of them are honoured.
func (w *writing) preferred() {
	p := w.Prefer
	if w.ir.On == nil || w.isPut() {
		p.Resolution = ""
	}
	if w.ir.Action == ir.Delete || w.isPut() {
		p.Missing = ""
	}
	if n, ok := p.Max(); ok && p.Handling == "strict" && w.ir.Action != ir.Insert {
		w.ir.AtMost = n
	} else {
		p.MaxAffected = ""
	}
	if w.Rollback = w.in.TxOverride && p.Tx == "rollback"; !w.in.TxOverride {
		p.Tx = ""
	}
	w.Applied = p.Applied()
}

// LocationOf is the address, below the API's root, of one row that was written, by the values of its primary key.
func (r *Read) LocationOf(key []value.Value) string {
	var out strings.Builder
	out.WriteString("/" + url.PathEscape(r.Collection.Collection.Name))
	for i, f := range r.Collection.Collection.PrimaryKey {
		out.WriteString(choose(i == 0, "?", "&") + url.QueryEscape(f.Name) + "=eq." + url.QueryEscape(string(value.AppendText(nil, f.Type, key[i]))))
	}
	return out.String()
}

// names reads a comma-separated list of columns from the first parameter of that name; nil where there is none.
func (w *writing) names(parameter string) ([]string, error) {
	i := slices.IndexFunc(w.pairs, func(q syntax.Pair) bool { return q.Key == parameter })
	if i < 0 {
		return nil, nil
	}
	return syntax.ParseNames(w.pairs[i], maxKeys)
}
