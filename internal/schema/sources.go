package schema

// Sources are the expressions of a declaration, each once, in the order they were written down.
func (s Spec) Sources() []Source {
	var out []Source
	seen := map[Pos]bool{}
	add := func(all ...Source) {
		for _, src := range all {
			if src.Present() && !seen[src.Pos] {
				seen[src.Pos] = true
				out = append(out, src)
			}
		}
	}
	for _, c := range s.Collections {
		for _, f := range append(append([]FieldSpec{}, c.Fields...), c.Computed...) {
			add(f.Read.Source, f.Write.Source, f.Expr, f.Fill)
		}
		for _, k := range c.Checks {
			add(k.Expr)
		}
		if c.View != nil {
			add(c.View.Where)
		}
		p := c.Policies
		add(p.Read, p.Create, p.UpdateUsing, p.UpdateCheck, p.Delete)
	}
	for _, f := range s.Functions {
		add(f.When, f.Value)
	}
	return out
}
