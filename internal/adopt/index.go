package adopt

// addIndexes declares the indexes that no constraint stands for.
func (p *Project) addIndexes(c *collection) {
	for _, x := range c.table.Indexes {
		if why := x.unfit(); why != "" {
			p.note(c.table, "the index %s is left out, %s: %s", x.Name, why, oneLine(x.Definition))
			continue
		}
		columns := x.Columns[:min(x.Keys, len(x.Columns))]
		if len(columns) < len(x.Columns) {
			p.note(c.table, "the index %s carries further columns along (INCLUDE): without them here", x.Name)
		}
		if !x.Usual {
			p.note(c.table, "the index %s has operators of its own: a plain one here: %s", x.Name, oneLine(x.Definition))
		}
		if x.Unique {
			p.addUnique(c, x.Name, columns, x.Definition)
			continue
		}
		p.addIndex(c, x, columns)
	}
}

func (x *Index) unfit() string {
	switch {
	case x.Partial:
		return "it is partial"
	case x.Computed:
		return "it is over an expression"
	case x.Method != "btree" && x.Method != "hash":
		return "its method is " + x.Method
	case !x.Valid:
		return "it is not valid"
	}
	return ""
}

func (p *Project) addIndex(c *collection, x *Index, columns []int) {
	keys, wires, ok := c.keysOf(columns)
	if !ok {
		p.note(c.table, "the index %s rests on what is no stored field: left out", x.Name)
		return
	}
	for i := range keys {
		if i < len(x.Options) && x.Options[i]&1 != 0 {
			keys[i] = "-" + keys[i]
		}
	}
	e := &element{what: "the index " + x.Name, text: flow(keys)}
	if x.Name != c.usual(wires, "idx") {
		e.text = mapping([]member{{"columns", flow(keys)}, {"name", scalar(wireFor(x.Name))}}, false)
	}
	c.indexes = append(c.indexes, e)
}
