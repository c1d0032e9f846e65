package typegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/schema"
)

// call is a member of Functions: a declared function, or the ways a name leads along from several collections.
type call struct {
	name     string
	declared *function.Function
	ways     []*schema.Relation
}

// calls are the members of a namespace's Functions, by name. Of a function and a relation of one name, the function is there.
func (g *generator) calls(space string, shown []*schema.CollectionView) []*call {
	named := map[string]*call{}
	for _, f := range g.functions {
		if f.Decl.Namespace == space {
			named[f.Decl.Name] = &call{name: f.Decl.Name, declared: f}
		}
	}
	for _, cv := range shown {
		for _, r := range g.ways(cv) {
			if named[r.Name] == nil {
				named[r.Name] = &call{name: r.Name}
			}
			named[r.Name].ways = append(named[r.Name].ways, r)
		}
	}
	out := make([]*call, 0, len(named))
	for _, c := range named {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *call) int { return strings.Compare(a.name, b.name) })
	return out
}

func (g *generator) call(c *call) {
	if c.declared != nil {
		g.function(c.declared)
		return
	}
	g.remark("A relation: for selects, not for rpc.")
	g.line("%s:", property(c.name))
	g.depth++
	for _, r := range c.ways {
		g.way(r)
	}
	g.depth--
}

// way writes a relation: what it leads to, and whether a row always has one.
func (g *generator) way(r *schema.Relation) {
	sure := ""
	if r.ToOne() {
		sure = fmt.Sprintf(", isNotNullable: %t", certain(g.view, r))
	}
	g.block("| {", "}", func() {
		g.line("Args: never")
		g.line("Returns: { error: true } & %s", quote(r.Name+" is a relation of "+r.From.Name+": embed it in a select"))
		g.line("SetofOptions: { from: %s, to: %s, isOneToOne: %t, isSetofReturn: true%s }", quote(r.From.Name), quote(r.To.Name), r.ToOne(), sure)
	})
}

// certain reports whether every row has the one a relation leads to: its own columns are never NULL.
func certain(v *schema.View, r *schema.Relation) bool {
	cv, ok := v.Of(r.From)
	return ok && r.Forward && !slices.ContainsFunc(r.Pairs, func(p schema.Pair) bool { return mayBeNull(cv, p.From) })
}
