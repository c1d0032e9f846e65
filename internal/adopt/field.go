package adopt

import (
	"fmt"
	"slices"
	"sort"
)

// addFields makes fields of a table's columns. What they refer to comes later.
func (p *Project) addFields(c *collection) {
	keys, wires := newNames(), newNames()
	columns := slices.Clone(c.table.Columns)
	sort.SliceStable(columns, func(i, j int) bool {
		return keyFor(columns[i].Name, "field") == columns[i].Name && keyFor(columns[j].Name, "field") != columns[j].Name
	})
	for _, col := range columns {
		k := p.db.kindOf(col.Type, col.Modifier, col.Dimensions, col.Measure)
		k.same = k.same && col.Deterministic
		f := &column{Column: col, kind: k, key: keys.unique(keyFor(col.Name, "field")), wire: wires.unique(wireFor(col.Name))}
		f.required = col.Required || p.requiredByDomain(col)
		c.columns[col.Name] = f
	}
	for _, col := range c.table.Columns {
		f := c.columns[col.Name]
		if f.wire != col.Name {
			p.note(c.table, "column %s: the name cannot be kept, the field is called %q", col.Name, f.wire)
		}
		if f.computed = col.Generated != "" && !c.table.uses(col.Number); f.computed {
			continue
		}
		if f.kind.note != "" {
			p.note(c.table, "column %s: %s", col.Name, f.kind.note)
		}
		f.field = p.field(c, f)
		c.fields = append(c.fields, f.field)
	}
}

func (p *Project) requiredByDomain(col *Column) bool {
	for t := p.db.Types[col.Type]; t != nil && t.Kind == "d"; t = p.db.Types[t.Base] {
		if t.Required {
			return true
		}
	}
	return false
}

// uses reports whether a key rests on a column.
func (t *Table) uses(number int) bool {
	for _, c := range t.Constraints {
		if c.Kind != "c" && slices.Contains(c.Columns, number) {
			return true
		}
	}
	return false
}

func (p *Project) field(c *collection, f *column) *element {
	e := &element{key: f.key, members: f.kind.declaration(), short: true, yielding: []string{"on_delete", "ref", "unique", "default", "max", "required"},
		what: "column " + f.Name, instead: f.kind.declaration()}
	if f.wire != f.key {
		e.set("name", scalar(f.wire))
	}
	p.setDefault(c, f, e)
	key := c.table.key()
	if f.required && (key == nil || !slices.Contains(key.Columns, f.Number)) {
		e.set("required", "true")
	}
	if f.kind.most > 0 && !f.kind.list {
		e.set("max", fmt.Sprint(f.kind.most))
	}
	if f.Comment != "" {
		e.set("description", quote(f.Comment))
	}
	return e
}

func (p *Project) setDefault(c *collection, f *column, e *element) {
	expression := f.Initial
	if f.Generated != "" {
		p.note(c.table, "column %s: generated as %s; a key rests on it, so that it is a plain field, which nothing computes", f.Name, oneLine(expression))
		return
	}
	if expression == "" {
		expression = p.domainDefault(f.Column)
	}
	switch {
	case f.Identity != "" && f.kind.name == "int":
		e.set("identity", "true")
		return
	case expression == "":
		return
	}
	text, identity, ok := initial(expression, f.kind)
	switch {
	case !ok:
		p.note(c.table, "column %s: the default %s is left out: who writes a row says the value", f.Name, oneLine(expression))
	case identity:
		e.set("identity", "true")
		if !f.Owns {
			p.note(c.table, "column %s: the default %s takes numbers of a sequence that is not its own; the field has a generator of its own", f.Name, oneLine(expression))
		}
	case text != "":
		e.set("default", text)
	}
}

func (p *Project) domainDefault(col *Column) string {
	t := p.db.Types[col.Type]
	if t == nil || t.Kind != "d" {
		return ""
	}
	if t.Initial == "" {
		return p.domainDefault(&Column{Type: t.Base})
	}
	return t.Initial
}

// translator knows the columns whose values mean in a project what they mean in PostgreSQL.
func (c *collection) translator() *translator {
	t := &translator{map[string]operand{}}
	for name, f := range c.columns {
		if !f.kind.same || f.computed || f.field == nil || f.field.gone {
			continue
		}
		t.columns[name] = f.operand()
	}
	return t
}

func (f *column) operand() operand {
	x := operand{text: "row." + f.key, kind: f.kind.name, list: f.kind.list}
	if x.kind == "enum" {
		x.kind = "text"
	}
	if !f.required {
		x.nulls = []string{x.text}
	}
	return x
}

// addComputed declares generated columns whose expression translates.
func (p *Project) addComputed(c *collection) {
	for _, col := range c.table.Columns {
		f := c.columns[col.Name]
		if !f.computed {
			continue
		}
		n, err := parse(col.Initial)
		var x operand
		if err == nil {
			x, err = c.translator().scalar(n)
		}
		if err != nil || x.kind != f.kind.name || f.kind.list {
			p.note(c.table, "column %s: generated as %s: left out; declare it under `computed:` if it can be said there", col.Name, oneLine(col.Initial))
			continue
		}
		e := &element{key: f.key, members: f.kind.declaration(), what: "column " + col.Name}
		if f.wire != f.key {
			e.set("name", scalar(f.wire))
		}
		e.set("expr", quote(unwrapped(x.text)))
		if col.Comment != "" {
			e.set("description", quote(col.Comment))
		}
		c.computed = append(c.computed, e)
		p.note(c.table, "column %s: generated as %s: a computed field, which is not stored", col.Name, oneLine(col.Initial))
	}
}
