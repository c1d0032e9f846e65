package yamlfile

import (
	"strconv"

	"github.com/socle-hq/socle/internal/schema"
)

// Decoder reads nodes into plain values and collects what does not fit.
type Decoder struct {
	Problems schema.Problems
	known    map[string]Keys // by name of the mapping, kept where a test asks for it
}

// Keys says what a mapping may hold and who reads each entry.
type Keys map[string]func(*Node)

// Object reads a mapping; unknown keys are errors. A null counts as an empty mapping. what names the mapping in messages.
func (d *Decoder) Object(n *Node, what string, keys Keys) {
	if n.Kind == Null {
		return
	}
	if n.Kind != Map {
		d.Expected(n, what+" is a mapping")
		return
	}
	if d.known != nil {
		d.known[what] = keys
	}
	for _, p := range n.Pairs {
		if read, ok := keys[p.Key.Text]; ok {
			read(p.Value)
			continue
		}
		var names []string
		for k := range keys {
			names = append(names, k)
		}
		d.Problems.Add(p.Key.Pos, "", "unknown key %q in %s%s", p.Key.Text, what, schema.DidYouMean(p.Key.Text, names))
	}
}

// Expected reports a node of the wrong kind.
func (d *Decoder) Expected(n *Node, want string) {
	hint := ""
	if n.Kind == Bool || n.Kind == Int || n.Kind == Float {
		hint = "put it in quotes if it is meant as text"
	}
	d.Problems.Add(n.Pos, hint, "%s, not %s", want, n.Kind)
}

// Entries visits a mapping whose keys the project chooses.
func (d *Decoder) Entries(n *Node, what string, visit func(schema.Word, *Node)) {
	switch n.Kind {
	case Null:
	case Map:
		for _, p := range n.Pairs {
			visit(p.Key, p.Value)
		}
	default:
		d.Expected(n, what+" is a mapping")
	}
}

// Items visits a list.
func (d *Decoder) Items(n *Node, what string, visit func(*Node)) {
	switch n.Kind {
	case Null:
	case List:
		for _, item := range n.Items {
			visit(item)
		}
	default:
		d.Expected(n, what+" is a list")
	}
}

// Word reads text that names something.
func (d *Decoder) Word(n *Node, what string) schema.Word {
	if n.Kind != String {
		d.Expected(n, what+" is text")
		return schema.Word{}
	}
	return schema.Word{Text: n.Text, Pos: n.TextPos()}
}

// Words reads a list of names.
func (d *Decoder) Words(n *Node, what string) []schema.Word {
	out := []schema.Word{}
	d.Items(n, what, func(item *Node) {
		if w := d.Word(item, "an entry of "+what); w.Present() {
			out = append(out, w)
		}
	})
	return out
}

// Text reads free text; a number or date is taken as it stands.
func (d *Decoder) Text(n *Node, what string) string {
	if n.Kind == Map || n.Kind == List {
		d.Expected(n, what+" is text")
	}
	return n.Text
}

// Bool reads true or false.
func (d *Decoder) Bool(n *Node, what string) bool {
	if n.Kind != Bool {
		d.Expected(n, what+" is true or false")
	}
	return n.Kind == Bool && n.Text == "true"
}

// Integer reads a whole number; otherwise stands for what is none, so that one mistake gives one message.
func (d *Decoder) Integer(n *Node, what string, otherwise int64) *schema.IntSpec {
	i, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Kind != Int || err != nil {
		d.Expected(n, what+" is a whole number")
		return &schema.IntSpec{Value: otherwise, Pos: n.Pos}
	}
	return &schema.IntSpec{Value: i, Pos: n.Pos}
}

// Source reads an expression; true and false are expressions too.
func (d *Decoder) Source(n *Node, what string) schema.Source {
	if n.Kind != String && n.Kind != Bool || n.Text == "" {
		d.Expected(n, what+" is an expression")
		return schema.Source{}
	}
	return schema.Source{Text: n.Text, Pos: n.TextPos(), Indent: n.Indent}
}

// Rule reads a field policy: never, or an expression.
func (d *Decoder) Rule(n *Node, what string) schema.Rule {
	if n.Kind == String && n.Text == "never" {
		return schema.Rule{Never: true, Source: schema.Source{}}
	}
	return schema.Rule{Source: d.Source(n, what)}
}

// Constant reads a literal of any kind.
func (d *Decoder) Constant(n *Node) schema.Constant {
	c := schema.Constant{Text: n.Text, Pos: n.TextPos()}
	switch n.Kind {
	case Null:
		c.Kind = schema.LitNull
	case Bool:
		c.Kind = schema.LitBool
	case Int, Float:
		c.Kind = schema.LitNumber
	case String:
		c.Kind = schema.LitText
	default:
		c.Kind, c.Text = schema.LitJSON, n.JSON()
	}
	return c
}
