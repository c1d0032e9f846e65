package adopt

import "slices"

// selected is a view that shows columns of one table as they are.
type selected struct {
	columns []string
	schema  string
	table   string
	where   *node
}

// parseView reads the text of a view; an error where it does more than show columns of one table.
func parseView(definition string) (*selected, error) {
	tokens, err := lex(definition)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	s := &selected{}
	p.want("SELECT")
	for more := true; more && !p.failed; more = p.take(",") {
		n := p.or()
		if n == nil || n.op != "column" {
			return nil, errUnread
		}
		if p.take("AS") {
			p.at++
		}
		s.columns = append(s.columns, n.text)
	}
	p.want("FROM")
	s.schema = p.identifier()
	p.want(".")
	s.table = p.identifier()
	if t := p.peek(); t.kind == 'q' || t.kind == 'i' && !p.is("WHERE") { // what the view calls the table
		p.at++
	}
	if p.take("WHERE") {
		s.where = p.or()
	}
	p.want(";")
	if p.failed || p.at != len(p.tokens) {
		return nil, errUnread
	}
	return s, nil
}

func (p *parser) identifier() string {
	t := p.peek()
	if t.kind != 'i' && t.kind != 'q' {
		p.failed = true
	}
	p.at++
	return t.text
}

// addView declares a view that shows columns of one table; any other is listed and left out.
func (p *Project) addView(c *collection) {
	v := c.table
	s, err := parseView(v.Definition)
	var from *collection
	if err == nil {
		from = p.tableNamed(s.schema, s.table)
	}
	if from == nil || len(s.columns) != len(v.Columns) || slices.ContainsFunc(s.columns, func(name string) bool { return !from.shows(name) }) {
		p.leaveView(c, "it does more than show columns of one collection")
		return
	}
	ref, ok := p.reference(c, from)
	if !ok {
		p.leaveView(c, "what it reads cannot be named from here")
		return
	}
	c.view = append(c.view, &element{key: "from", text: scalar(ref), what: "the view"})
	if s.where != nil {
		where, err := from.translator().where(s.where)
		if err != nil {
			p.leaveView(c, "its condition has no exact translation")
			return
		}
		c.view = append(c.view, &element{key: "where", text: quote(where), what: "the view"})
	}
	keys, wires := newNames(), newNames()
	for i, col := range v.Columns {
		source := from.columns[s.columns[i]].key
		key, wire := keys.unique(keyFor(col.Name, "field")), wires.unique(wireFor(col.Name))
		e := &element{key: key, text: source, what: "column " + col.Name}
		if wire != key || col.Comment != "" {
			e.text = ""
			e.set("expr", source)
		}
		if wire != key {
			e.set("name", scalar(wire))
		}
		if col.Comment != "" {
			e.set("description", quote(col.Comment))
		}
		c.fields = append(c.fields, e)
	}
}

func (p *Project) leaveView(c *collection, why string) {
	c.gone = true
	p.note(c.table, "the view is left out, %s: %s", why, oneLine(c.table.Definition))
}

func (p *Project) tableNamed(schema, name string) *collection {
	for _, c := range p.collections {
		if c.stored() && c.table.Schema == schema && c.table.Name == name {
			return c
		}
	}
	return nil
}

// shows reports whether a column is a stored field.
func (c *collection) shows(column string) bool {
	f, ok := c.columns[column]
	return ok && !f.computed
}
