package yamlfile

import "github.com/socle-hq/socle/internal/schema"

// functionFolder is where declared functions live in a project.
const functionFolder = "queries"

// function reads one file of queries/ into a spec. An argument's type is written as a field's.
type function struct {
	collection
	spec schema.FunctionSpec
}

func (f *function) read(root *Node) {
	s := &f.spec
	f.Object(root, "a function", Keys{
		"description": func(n *Node) { s.Description = f.Text(n, "description") },
		"name":        func(n *Node) { s.Name = f.Word(n, "name") },
		"args":        f.args,
		"as":          func(n *Node) { s.As = f.Word(n, "as") },
		"when":        func(n *Node) { s.When = f.Source(n, "when") },
		"read":        func(n *Node) { s.Read = f.request(n, "read") },
		"write":       f.write,
		"value":       func(n *Node) { s.Value = f.Source(n, "value") },
	})
}

// request reads a stored request: collection?parameters.
func (f *function) request(n *Node, what string) schema.Source {
	if n.Kind != String || n.Text == "" {
		f.Expected(n, what+" is text")
		return schema.Source{}
	}
	return schema.Source{Text: n.Text, Pos: n.TextPos(), Indent: n.Indent}
}

// args reads `{ project: uuid, done: { type: bool, default: false } }`.
func (f *function) args(n *Node) {
	f.Entries(n, "args", func(key schema.Word, n *Node) {
		a := schema.FieldSpec{Key: key}
		switch n.Kind {
		case String:
			f.setType(&a, n)
		case Map:
			f.Object(n, "an argument", f.argKeys(&a))
		default:
			f.Problems.Add(key.Pos, "`"+key.Text+": text`, or `{ type: text, required: true }`", "argument %q is a type or a mapping, not %s", key.Text, n.Kind)
			a.Type = schema.Word{Text: "text", Pos: n.Pos} // one mistake, one message
		}
		f.spec.Args = append(f.spec.Args, a)
	})
}

func (f *function) argKeys(a *schema.FieldSpec) Keys {
	stored := f.storedKeys(a)
	return Keys{
		"type":        func(n *Node) { f.setType(a, n) },
		"list":        func(n *Node) { a.List = f.Bool(n, "list") },
		"precision":   func(n *Node) { a.Precision = f.Integer(n, "precision", 38) },
		"scale":       func(n *Node) { a.Scale = f.Integer(n, "scale", 0) },
		"description": func(n *Node) { a.Description = f.Text(n, "description") },
		"enum":        stored["enum"],
		"required":    stored["required"],
		"default":     stored["default"],
	}
}

// write reads the list of writes.
func (f *function) write(n *Node) {
	f.spec.Write = []schema.StepSpec{}
	f.Items(n, "write", func(item *Node) {
		s := schema.StepSpec{Pos: item.Pos}
		f.Object(item, "a step", Keys{
			"method": func(n *Node) { s.Method = f.Word(n, "method") },
			"path":   func(n *Node) { s.Path = f.request(n, "path") },
			"prefer": func(n *Node) { s.Prefer = f.Text(n, "prefer") },
			"body":   func(n *Node) { s.Body = []byte(n.JSON()) },
		})
		f.spec.Write = append(f.spec.Write, s)
	})
}
