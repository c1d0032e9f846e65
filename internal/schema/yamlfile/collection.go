package yamlfile

import "github.com/socle-hq/socle/internal/schema"

// collection reads one collection file into a spec.
type collection struct {
	Decoder
	spec schema.CollectionSpec
}

func (c *collection) read(root *Node) {
	s := &c.spec
	c.Object(root, "a collection", Keys{
		"description":  func(n *Node) { s.Description = c.Text(n, "description") },
		"name":         func(n *Node) { s.Name = c.Word(n, "name") },
		"was":          func(n *Node) { s.Was = c.Word(n, "was") },
		"fields":       c.fields,
		"primary_key":  c.primaryKey,
		"realtime":     func(n *Node) { s.Realtime = c.Bool(n, "realtime") },
		"junction":     func(n *Node) { s.Junction = c.Bool(n, "junction") },
		"unique":       func(n *Node) { s.Unique = c.keys(n, "unique") },
		"indexes":      func(n *Node) { s.Indexes = c.keys(n, "indexes") },
		"search":       c.search,
		"check":        c.checks,
		"relations":    c.relations,
		"foreign_keys": c.foreignKeys,
		"computed":     c.computed,
		"policies":     c.policies,
		"view":         c.view,
	})
}

func (c *collection) primaryKey(n *Node) {
	if n.Kind == String && n.Text == "none" {
		c.spec.Keyless = true
		return
	}
	if n.Kind == String {
		c.spec.PrimaryKey = []schema.Word{c.Word(n, "primary_key")}
		return
	}
	c.spec.PrimaryKey = c.Words(n, "primary_key")
	if n.Kind == List && len(n.Items) == 0 {
		c.Problems.Add(n.Pos, "`primary_key: none` says that there is none", "primary_key lists no columns")
	}
}

// keys reads [[a, b], {columns: [c], name: x}].
func (c *collection) keys(n *Node, what string) []schema.KeySpec {
	var out []schema.KeySpec
	c.Items(n, what, func(item *Node) {
		k := schema.KeySpec{Pos: item.Pos}
		switch item.Kind {
		case List:
			k.Columns = c.Words(item, "a list of columns")
		case Map:
			c.Object(item, "an entry of "+what, Keys{
				"columns": func(n *Node) { k.Columns = c.Words(n, "columns") },
				"name":    func(n *Node) { k.Name = c.Word(n, "name") },
			})
		default:
			c.Problems.Add(item.Pos, "`"+what+": [["+item.Text+"]]`", "each entry of %s is a list of columns", what)
			return
		}
		out = append(out, k)
	})
	return out
}

func (c *collection) search(n *Node) {
	s := &schema.SearchSpec{Pos: n.Pos}
	if n.Kind == List {
		s.Fields = c.Words(n, "search")
	} else {
		c.Object(n, "search", Keys{
			"fields": func(n *Node) { s.Fields = c.Words(n, "fields") },
			"config": func(n *Node) { s.Config = c.Word(n, "config") },
		})
	}
	c.spec.Search = s
}

func (c *collection) checks(n *Node) {
	c.Entries(n, "check", func(key schema.Word, n *Node) {
		c.spec.Checks = append(c.spec.Checks, schema.CheckSpec{Key: key, Expr: c.Source(n, "a check")})
	})
}

func (c *collection) relations(n *Node) {
	c.Entries(n, "relations", func(key schema.Word, n *Node) {
		r := schema.RelationSpec{Key: key}
		c.Object(n, "a relation", Keys{
			"name":     func(n *Node) { r.Name = c.Word(n, "name") },
			"from":     func(n *Node) { r.From = c.Word(n, "from") },
			"column":   func(n *Node) { r.Column = c.Word(n, "column") },
			"via":      func(n *Node) { r.Via = c.Word(n, "via") },
			"via_from": func(n *Node) { r.ViaFrom = c.Word(n, "via_from") },
			"via_to":   func(n *Node) { r.ViaTo = c.Word(n, "via_to") },
		})
		c.spec.Relations = append(c.spec.Relations, r)
	})
}

func (c *collection) foreignKeys(n *Node) {
	c.Entries(n, "foreign_keys", func(key schema.Word, n *Node) {
		fk := schema.ForeignKeySpec{Key: key}
		c.Object(n, "a foreign key", Keys{
			"name":      func(n *Node) { fk.Name = c.Word(n, "name") },
			"columns":   func(n *Node) { fk.Columns = c.Words(n, "columns") },
			"ref":       func(n *Node) { fk.Ref = c.Word(n, "ref") },
			"to":        func(n *Node) { fk.To = c.Words(n, "to") },
			"on_delete": func(n *Node) { fk.OnDelete = c.Word(n, "on_delete") },
		})
		c.spec.ForeignKeys = append(c.spec.ForeignKeys, fk)
	})
}

func (c *collection) policies(n *Node) {
	p := &c.spec.Policies
	c.Object(n, "policies", Keys{
		"read":   func(n *Node) { p.Read = c.Source(n, "read") },
		"create": func(n *Node) { p.Create = c.Source(n, "create") },
		"update": c.updatePolicy,
		"delete": func(n *Node) { p.Delete = c.Source(n, "delete") },
	})
}

// updatePolicy reads one expression for both, or using and check.
func (c *collection) updatePolicy(n *Node) {
	p := &c.spec.Policies
	if n.Kind != Map {
		p.UpdateUsing = c.Source(n, "update")
		p.UpdateCheck = p.UpdateUsing
		return
	}
	c.Object(n, "update", Keys{
		"using": func(n *Node) { p.UpdateUsing = c.Source(n, "using") },
		"check": func(n *Node) { p.UpdateCheck = c.Source(n, "check") },
	})
	if !p.UpdateUsing.Present() {
		c.Problems.Add(n.Pos, "`using` selects the rows that may change", "update has no using")
	}
	if !p.UpdateCheck.Present() {
		p.UpdateCheck = p.UpdateUsing
	}
}

func (c *collection) view(n *Node) {
	v := &schema.ViewSpec{Pos: n.Pos}
	c.spec.View = v
	if len(c.spec.Fields) > 0 {
		c.Problems.Add(n.Pos, "move them under `view: { fields: … }`", "a view has no fields of its own")
	}
	c.Object(n, "view", Keys{
		"from":     func(n *Node) { v.From = c.Word(n, "from") },
		"where":    func(n *Node) { v.Where = c.Source(n, "where") },
		"group_by": func(n *Node) { v.GroupBy = c.Words(n, "group_by") },
		"fields":   c.viewFields,
	})
}

// viewFields reads `{ title: title, n: "count()" }`, the long form `{ n: { expr: "count()", description: … } }`, or a
// list of plain fields.
func (c *collection) viewFields(n *Node) {
	c.spec.Fields = nil
	if n.Kind == List {
		for _, w := range c.Words(n, "fields") {
			c.spec.Fields = append(c.spec.Fields, schema.FieldSpec{Key: w, Source: w})
		}
		return
	}
	c.Entries(n, "fields", func(key schema.Word, n *Node) {
		f := schema.FieldSpec{Key: key}
		if n.Kind == Map {
			c.Object(n, "a view field", Keys{
				"expr":        func(n *Node) { f.Source = c.Word(n, "expr") },
				"name":        func(n *Node) { f.Name = c.Word(n, "name") },
				"description": func(n *Node) { f.Description = c.Text(n, "description") },
				"read":        func(n *Node) { f.Read = c.Rule(n, "read") },
			})
		} else {
			f.Source = c.Word(n, "a view field")
		}
		if !f.Source.Present() {
			f.Source = key
		}
		c.spec.Fields = append(c.spec.Fields, f)
	})
}
