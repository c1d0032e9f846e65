package typegen

import (
	"slices"

	"github.com/socle-hq/socle/internal/schema"
)

// relationships writes the references that leave a collection. The client's types find the way back, and the way through a
// junction, by themselves.
func (g *generator) relationships(cv *schema.CollectionView) {
	own := references(cv)
	if len(own) == 0 {
		g.line("Relationships: []")
		return
	}
	g.block("Relationships: [", "]", func() {
		for _, r := range own {
			var from, to []string
			for _, p := range r.Pairs {
				from, to = append(from, p.From.Name), append(to, p.To.Name)
			}
			g.reference(r.FK.Name, from, r.Cardinality == schema.OneToOne, r.To.Name, to)
		}
		for _, name := range misled(cv, own) {
			g.line("// %q alone means another way from here: a reference is named by its column, or as %s!<foreign key>", name, name)
			g.reference("", nil, false, name, nil)
		}
	})
}

func (g *generator) reference(key string, from []string, one bool, target string, to []string) {
	g.line("{ foreignKeyName: %s, columns: [%s], isOneToOne: %t, referencedRelation: %s, referencedColumns: [%s] },",
		quote(key), quoted(from, ", "), one, quote(target), quoted(to, ", "))
}

// references are the to-one relations along a collection's own keys that stay in its namespace, each key once.
func references(cv *schema.CollectionView) []*schema.Relation {
	var out []*schema.Relation
	for _, r := range cv.Relations() {
		known := slices.ContainsFunc(out, func(o *schema.Relation) bool { return o.FK == r.FK })
		if r.Forward && r.Junction == nil && r.To.Namespace == r.From.Namespace && !known {
			out = append(out, r)
		}
	}
	return out
}

// misled are the collections whose name the client's types would take for the only reference to them, where the server takes it
// for something else, or for more than one way. One more reference to the same makes the types ask for a hint.
func misled(cv *schema.CollectionView, own []*schema.Relation) []string {
	var out []string
	for _, r := range own {
		alone := !slices.ContainsFunc(own, func(o *schema.Relation) bool { return o != r && o.To == r.To })
		if meant := meaning(cv, r.To.Name); alone && r.To != r.From && (len(meant) != 1 || meant[0] != r) {
			out = append(out, r.To.Name)
		}
	}
	return out
}

// meaning are the relations the server takes a name for: a declared one, else a derived to-one, else those to a collection.
func meaning(cv *schema.CollectionView, name string) []*schema.Relation {
	for _, rule := range []func(*schema.Relation) bool{
		func(r *schema.Relation) bool { return r.Declared && r.Name == name },
		func(r *schema.Relation) bool { return r.Forward && !r.Declared && r.Name == name },
		func(r *schema.Relation) bool { return r.To.Name == name && r.To.Namespace == r.From.Namespace },
	} {
		var out []*schema.Relation
		for _, r := range cv.Relations() {
			if rule(r) {
				out = append(out, r)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// ways are the relations with a name of their own, which is neither a collection's nor a column's: the client's types learn of
// them as of functions that lead from a row to others.
func (g *generator) ways(cv *schema.CollectionView) []*schema.Relation {
	var out []*schema.Relation
	for _, r := range cv.Relations() {
		_, collection := g.view.Collection(r.From.Namespace, r.Name)
		meant := meaning(cv, r.Name)
		if !collection && !keyed(cv, r.Name) && len(meant) == 1 && meant[0] == r && r.To.Namespace == r.From.Namespace {
			out = append(out, r)
		}
	}
	return out
}

// keyed reports whether name is a reference's column or key, which the client's types know already.
func keyed(cv *schema.CollectionView, name string) bool {
	return slices.ContainsFunc(references(cv), func(r *schema.Relation) bool {
		return r.FK.Name == name || len(r.Pairs) == 1 && r.Pairs[0].From.Name == name
	})
}
