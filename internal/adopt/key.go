package adopt

import (
	"fmt"
	"slices"
	"strings"
)

const longestName = 63

// addConstraints declares keys, references and checks.
func (p *Project) addConstraints(c *collection) {
	p.setPrimary(c)
	ruleNames := newNames()
	for _, k := range c.table.Constraints {
		switch k.Kind {
		case "u":
			p.addUnique(c, k.Name, k.Columns, k.Definition)
		case "f":
			p.addForeign(c, k, ruleNames)
		case "x":
			p.note(c.table, "the exclusion constraint %s is left out: %s", k.Name, oneLine(k.Definition))
		}
	}
	for _, k := range c.table.Constraints {
		if k.Kind == "c" {
			p.addCheck(c, c.translator(), k.Name, k.Expression, ruleNames)
		}
	}
	for _, col := range c.table.Columns {
		p.addDomainChecks(c, c.columns[col.Name], ruleNames)
	}
}

// fields are the keys of columns; ok is false where one of them is no stored field.
func (c *collection) keysOf(numbers []int) (keys, wires []string, ok bool) {
	for _, n := range numbers {
		col := c.table.column(n)
		if col == nil || c.columns[col.Name].computed {
			return nil, nil, false
		}
		f := c.columns[col.Name]
		keys, wires = append(keys, f.key), append(wires, f.wire)
	}
	return keys, wires, len(keys) > 0
}

func (p *Project) setPrimary(c *collection) {
	k := c.table.key()
	if k == nil {
		c.primary = &element{key: "primary_key", text: "none", what: "the primary key"}
		return
	}
	keys, _, ok := c.keysOf(k.Columns)
	if !ok {
		c.primary = &element{key: "primary_key", text: "none", what: "the primary key"}
		p.note(c.table, "the primary key %s rests on what is no field: left out", k.Name)
		return
	}
	if !slices.Equal(keys, []string{"id"}) {
		c.primary = &element{key: "primary_key", text: flow(keys), what: "the primary key " + k.Name}
	}
	if usual := c.name + "_pkey"; k.Name != usual && len(usual) <= longestName {
		p.note(c.table, "the primary key is called %s here, and %s there", usual, k.Name)
	}
	p.tellTiming(c.table, "primary key", k)
}

func (p *Project) tellTiming(t *Table, what string, k *Constraint) {
	if k.Deferrable {
		p.note(t, "the %s %s is deferrable: here it holds after every request", what, k.Name)
	}
	if !k.Validated {
		p.note(t, "the %s %s is not validated: here it holds for every row, also those that are imported", what, k.Name)
	}
}

// addUnique declares a unique constraint or index: on the field, where it is one and called as usual.
func (p *Project) addUnique(c *collection, name string, columns []int, definition string) {
	keys, wires, ok := c.keysOf(columns)
	if !ok {
		p.note(c.table, "the unique constraint %s rests on what is no stored field: left out", name)
		return
	}
	if strings.Contains(definition, "NULLS NOT DISTINCT") {
		p.note(c.table, "the unique constraint %s takes NULLs for equal; here several rows may have none", name)
	}
	if strings.Contains(definition, "DEFERRABLE") {
		p.note(c.table, "the unique constraint %s is deferrable: here it holds at once", name)
	}
	usual := c.usual(wires, "key")
	if len(keys) == 1 && name == usual {
		field := c.fieldOf(keys[0])
		if !field.has("unique") {
			field.set("unique", "true")
			return
		}
	}
	e := &element{what: "the unique constraint " + name, text: flow(keys)}
	if name != usual {
		e.text = mapping([]member{{"columns", flow(keys)}, {"name", scalar(wireFor(name))}}, false)
	}
	c.unique = append(c.unique, e)
}

// usual is the name that a key has where nothing is said; "" where that would be too long.
func (c *collection) usual(wires []string, suffix string) string {
	name := strings.Join(append(append([]string{c.name}, wires...), suffix), "_")
	if len(name) > longestName {
		return ""
	}
	return name
}

func (c *collection) fieldOf(key string) *element {
	for _, e := range c.fields {
		if e.key == key {
			return e
		}
	}
	return nil
}

var actions = map[string]string{"c": "cascade", "n": "set_null"}

// addForeign declares a reference: on the field, where everything is as usual.
func (p *Project) addForeign(c *collection, k *Constraint, ruleNames *names) {
	to, known := p.byTable[k.Target]
	keys, wires, ok := c.keysOf(k.Columns)
	if !known || !ok || !to.stored() {
		p.note(c.table, "the foreign key %s is left out: %s", k.Name, p.unreachable(k))
		return
	}
	ref, clear := p.reference(c, to)
	targets, _, there := to.keysOf(k.Targets)
	if !clear || !there {
		p.note(c.table, "the foreign key %s is left out: %s cannot be named from here", k.Name, to.table.relation())
		return
	}
	p.tellForeign(c, k)
	action := actions[k.Deleting]
	if action == "set_null" && p.cannotBeNull(c, k) {
		p.note(c.table, "the foreign key %s sets NULL where NULL is not allowed: restrict instead", k.Name)
		action = ""
	}
	key := to.table.key()
	primary := key != nil && slices.Equal(key.Columns, k.Targets)
	if field := c.fieldOf(keys[0]); len(keys) == 1 && primary && k.Name == c.usual(wires, "fkey") && !field.has("ref") {
		ruleNames.unique(k.Name)
		refer(field, ref, action, c.inKey(k.Columns[0]))
		return
	}
	name := wireFor(k.Name)
	e := &element{key: ruleNames.unique(keyFor(name, "reference")), what: "the foreign key " + k.Name, yielding: []string{"on_delete"}}
	if name != e.key {
		e.set("name", scalar(name))
	}
	e.set("columns", flow(keys))
	e.set("ref", scalar(ref))
	if !primary {
		e.set("to", flow(targets))
	}
	if action != "" {
		e.set("on_delete", action)
	}
	c.foreign = append(c.foreign, e)
}

// refer makes a reference of a field. One in a key keeps its type: keys may refer to each other in a circle.
func refer(field *element, ref, action string, inKey bool) {
	if !inKey {
		field.members = slices.DeleteFunc(field.members, func(m member) bool {
			return m.name == "type" || m.name == "precision" || m.name == "scale" || m.name == "list"
		})
	}
	more := []member{{"ref", scalar(ref)}}
	if action != "" {
		more = append(more, member{"on_delete", action})
	}
	field.members = append(more, field.members...)
}

func (c *collection) inKey(number int) bool {
	k := c.table.key()
	return k != nil && slices.Contains(k.Columns, number)
}

func (p *Project) cannotBeNull(c *collection, k *Constraint) bool {
	return slices.ContainsFunc(k.Columns, func(n int) bool {
		col := c.table.column(n)
		return c.inKey(n) || col != nil && c.columns[col.Name].required
	})
}

// unreachable is why a foreign key has nowhere to lead.
func (p *Project) unreachable(k *Constraint) string {
	switch {
	case k.TargetSchema == "auth" && k.TargetName == "users":
		return "it leads to the accounts; `ref: auth.users` says that, once they are here"
	case p.out[k.Target] != "":
		return k.TargetSchema + "." + k.TargetName + " is no collection"
	}
	return "it leads to " + k.TargetSchema + "." + k.TargetName + ", which was not asked for (--schema)"
}

func (p *Project) tellForeign(c *collection, k *Constraint) {
	if k.Deleting == "d" {
		p.note(c.table, "the foreign key %s sets a default when its target goes: restrict instead", k.Name)
	}
	if k.Updating != "a" && k.Updating != "r" {
		p.note(c.table, "the foreign key %s follows changed keys; here a key never changes", k.Name)
	}
	if k.Matching == "f" {
		p.note(c.table, "the foreign key %s is MATCH FULL; here one NULL among its columns is enough", k.Name)
	}
	p.tellTiming(c.table, "foreign key", k)
}

// addCheck declares a condition, where it translates.
func (p *Project) addCheck(c *collection, t *translator, name, expression string, ruleNames *names) {
	text, err := t.check(expression)
	if err != nil {
		p.note(c.table, "the check %s is left out, for its expression has no exact translation: %s", name, oneLine(expression))
		return
	}
	key := ruleNames.unique(keyFor(name, "check"))
	if key != name {
		p.note(c.table, "the check %s is called %s here", name, key)
	}
	c.checks = append(c.checks, &element{key: key, text: quote(text), what: fmt.Sprintf("the check %s (%s)", name, oneLine(expression))})
}

// addDomainChecks declares the conditions of a column's domain for the column.
func (p *Project) addDomainChecks(c *collection, f *column, ruleNames *names) {
	for t := p.db.Types[f.Type]; t != nil && t.Kind == "d"; t = p.db.Types[t.Base] {
		for _, check := range t.Checks {
			tr := &translator{map[string]operand{}}
			if f.kind.same && f.field != nil {
				tr.columns["VALUE"] = f.operand()
			}
			p.addCheck(c, tr, clip(f.key+"_"+check.Name, longestName), check.Expression, ruleNames)
		}
	}
}
