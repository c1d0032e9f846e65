package ir

import (
	"strconv"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

var actionNames = [...]string{Insert: "insert", Update: "update", Delete: "delete"}

// String is the action's name.
func (a Action) String() string { return actionNames[a] }

// PrintWrite gives the stable text of a mutation with its values, one line per row and clause. A column that a row does not
// give prints as -.
func PrintWrite(w *Write) string {
	p := NewPrinter()
	p.Text(w.Action.String() + " ")
	p.Row(w.Row)
	p.fields(w.Columns)
	if w.Put {
		p.Text(" put")
	}
	if w.Default {
		p.Text(" missing=default")
	}
	for _, in := range w.Rows {
		p.input(w.Columns, in)
	}
	if w.On != nil {
		p.Line(1)
		p.Text(choose(w.On.Merge, "merge on", "ignore on"))
		p.fields(w.On.Key)
	}
	p.clause("where ", w.Where, 1)
	if w.AtMost >= 0 {
		p.Line(1)
		p.Text("at most " + strconv.FormatInt(w.AtMost, 10))
	}
	for i, v := range w.Args {
		p.Line(1)
		p.Text("$" + strconv.Itoa(i) + " = ")
		p.value(v)
	}
	if w.Return != nil {
		p.Line(1)
		p.Text("return")
		p.Query(w.Return, 2)
	}
	return p.String()
}

func (p *Printer) fields(fields []*schema.Field) {
	p.Text(" (")
	for i, f := range fields {
		p.Text(choose(i > 0, ", ", "") + f.Key)
	}
	p.Text(")")
}

func (p *Printer) input(columns []*schema.Field, in Input) {
	p.Line(1)
	p.Text("row")
	for i := range columns {
		p.Text(" ")
		if in.Given[i] {
			p.value(in.Values[i])
		} else {
			p.Text("-")
		}
	}
}

func (p *Printer) value(v value.Value) {
	p.buf = value.AppendJSON(p.buf, value.Type{Kind: v.Kind(), List: v.IsList()}, v)
}
