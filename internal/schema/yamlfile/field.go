package yamlfile

import (
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
)

func (c *collection) fields(n *Node) {
	if c.spec.View != nil {
		c.Problems.Add(n.Pos, "move them under `view: { fields: … }`", "a view has no fields of its own")
		return
	}
	c.Entries(n, "fields", func(key schema.Word, n *Node) {
		c.spec.Fields = append(c.spec.Fields, c.field(key, n))
	})
}

// field reads the short form `title: text` or a mapping.
func (c *collection) field(key schema.Word, n *Node) schema.FieldSpec {
	f := schema.FieldSpec{Key: key}
	if n.Kind == String {
		c.setType(&f, n)
		return f
	}
	if n.Kind != Map {
		c.Problems.Add(key.Pos, "`"+key.Text+": text`, or `{ type: text, required: true }`", "field %q is a type or a mapping, not %s", key.Text, n.Kind)
		f.Type = schema.Word{Text: "text", Pos: n.Pos} // one mistake, one message
		return f
	}
	keys := c.sharedKeys(&f)
	for name, read := range c.storedKeys(&f) {
		keys[name] = read
	}
	c.Object(n, "a field", keys)
	return f
}

// sharedKeys are those of stored and computed fields alike.
func (c *collection) sharedKeys(f *schema.FieldSpec) Keys {
	return Keys{
		"type":        func(n *Node) { c.setType(f, n) },
		"list":        func(n *Node) { f.List = c.Bool(n, "list") },
		"precision":   func(n *Node) { f.Precision = c.Integer(n, "precision", 38) },
		"scale":       func(n *Node) { f.Scale = c.Integer(n, "scale", 0) },
		"name":        func(n *Node) { f.Name = c.Word(n, "name") },
		"description": func(n *Node) { f.Description = c.Text(n, "description") },
		"read":        func(n *Node) { f.Read = c.Rule(n, "read") },
	}
}

func (c *collection) storedKeys(f *schema.FieldSpec) Keys {
	return Keys{
		"enum": func(n *Node) {
			if f.Enum = c.enum(n); f.Enum == nil {
				f.Type = schema.Word{Text: "text", Pos: n.Pos}
			}
		},
		"ref":       func(n *Node) { f.Ref = c.Word(n, "ref") },
		"on_delete": func(n *Node) { f.OnDelete = c.Word(n, "on_delete") },
		"required":  func(n *Node) { f.Required = c.Bool(n, "required") },
		"unique":    func(n *Node) { f.Unique = c.Bool(n, "unique") },
		"identity":  func(n *Node) { f.Identity = c.Bool(n, "identity") },
		"min":       func(n *Node) { f.Min = c.Constant(n) },
		"max":       func(n *Node) { f.Max = c.Constant(n) },
		"pattern":   func(n *Node) { f.Pattern = c.Word(n, "pattern") },
		"format":    func(n *Node) { f.Format = c.Word(n, "format") },
		"default":   func(n *Node) { f.Default = c.Constant(n) },
		"on_update": func(n *Node) { f.OnUpdate = c.Constant(n) },
		"write":     func(n *Node) { f.Write = c.Rule(n, "write") },
		"was":       func(n *Node) { f.Was = c.Word(n, "was") },
		"fill":      func(n *Node) { f.Fill = c.Source(n, "fill") },
	}
}

// setType reads a type name; decimal(8, 2) states precision and scale in one.
func (c *collection) setType(f *schema.FieldSpec, n *Node) {
	f.Type = c.Word(n, "type")
	inner, ok := strings.CutPrefix(f.Type.Text, "decimal(")
	inner, closed := strings.CutSuffix(inner, ")")
	if !ok || !closed {
		return
	}
	first, second, _ := strings.Cut(inner, ",")
	p, errP := strconv.ParseInt(strings.TrimSpace(first), 10, 16)
	s, errS := strconv.ParseInt(strings.TrimSpace(second), 10, 16)
	if errP != nil || errS != nil {
		c.Problems.Add(f.Type.Pos, "`decimal(8, 2)`", "a decimal needs precision and scale")
		p, s = 38, 0
	}
	f.Type.Text = "decimal"
	f.Precision, f.Scale = &schema.IntSpec{Value: p, Pos: f.Type.Pos}, &schema.IntSpec{Value: s, Pos: f.Type.Pos}
}

// enum reads values, each text or `{ value: done, was: closed }`; nil if each of them is wrong.
func (c *collection) enum(n *Node) []schema.EnumSpec {
	out := []schema.EnumSpec{}
	c.Items(n, "enum", func(item *Node) {
		var e schema.EnumSpec
		if item.Kind == Map {
			c.Object(item, "an enum value", Keys{
				"value": func(n *Node) { e.Value = c.Word(n, "value") },
				"was":   func(n *Node) { e.Was = c.Word(n, "was") },
			})
		} else {
			e.Value = c.Word(item, "an enum value")
		}
		if e.Value.Text == "" {
			if item.Kind == String || item.Kind == Map {
				c.Problems.Add(item.Pos, "", "an enum value cannot be empty")
			}
			return
		}
		out = append(out, e)
	})
	if len(out) == 0 && (n.Kind != List || len(n.Items) > 0) {
		return nil
	}
	return out
}

func (c *collection) computed(n *Node) {
	c.Entries(n, "computed", func(key schema.Word, n *Node) {
		f := schema.FieldSpec{Key: key}
		keys := c.sharedKeys(&f)
		keys["expr"] = func(n *Node) { f.Expr = c.Source(n, "expr") }
		keys["trusted"] = func(n *Node) { f.Trusted = c.Bool(n, "trusted") }
		if n.Kind != Map {
			c.Problems.Add(key.Pos, "`{ type: bool, expr: \"row.due < today()\" }`", "computed field %q is a mapping, not %s", key.Text, n.Kind)
			return
		}
		c.Object(n, "a computed field", keys)
		c.spec.Computed = append(c.spec.Computed, f)
	})
}
