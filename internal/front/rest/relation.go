package rest

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
)

// relation finds the one relation a name and a hint mean: PGRST200 for none, PGRST201 for several.
func (l *level) relation(name, hint string) (*schema.Relation, error) {
	found := l.candidates(name, hint)
	switch len(found) {
	case 0:
		return nil, l.noRelation(name, hint)
	case 1:
		return found[0], nil
	}
	return nil, l.ambiguous(name, found)
}

// candidates are the relations of the first rule that has any: declared name, derived to-one name, target collection,
// foreign-key name, foreign-key column. With a hint, the first three rules narrowed by it.
func (l *level) candidates(name, hint string) []*schema.Relation {
	rules := [...]func(*schema.Relation) bool{
		func(r *schema.Relation) bool { return r.Declared && r.Name == name },
		func(r *schema.Relation) bool { return r.Forward && !r.Declared && r.Name == name },
		func(r *schema.Relation) bool { return r.To.Name == name && r.To.Namespace == r.From.Namespace },
		func(r *schema.Relation) bool { return hint == "" && r.FK != nil && r.FK.Name == name },
		func(r *schema.Relation) bool { return hint == "" && r.Forward && onColumn(r.FK, name) },
	}
	for _, rule := range rules {
		var out []*schema.Relation
		for _, r := range l.seen.Relations() {
			if rule(r) && (hint == "" || hinted(r, hint)) {
				out = append(out, r)
			}
		}
		if len(out) > 0 {
			return oneDirection(out, name)
		}
	}
	return nil
}

// hinted reports whether a hint names the relation's foreign key, one of its columns, or its junction.
func hinted(r *schema.Relation, hint string) bool {
	if j := r.Junction; j != nil {
		return j.Collection.Name == hint || j.ToFK.Name == hint || onColumn(j.ToFK, hint)
	}
	return r.FK.Name == hint || len(r.Pairs) == 1 && (r.Pairs[0].From.Name == hint || r.Pairs[0].To.Name == hint)
}

func onColumn(fk *schema.ForeignKey, name string) bool {
	return len(fk.Columns) == 1 && fk.Columns[0].Name == name
}

// oneDirection settles a self-reference, which leads both ways along one key: its collection's name means the many
// rows that refer here, its key's name the one referred to.
func oneDirection(found []*schema.Relation, name string) []*schema.Relation {
	if len(found) < 2 || found[0].From != found[0].To {
		return found
	}
	forward := found[0].To.Name != name
	return slices.DeleteFunc(slices.Clone(found), func(r *schema.Relation) bool {
		return r.Junction == nil && r.Forward != forward && paired(r, found)
	})
}

// paired reports whether the same key is also there in the other direction.
func paired(r *schema.Relation, among []*schema.Relation) bool {
	return slices.ContainsFunc(among, func(o *schema.Relation) bool { return o.FK == r.FK && o.Forward != r.Forward })
}

func (l *level) noRelation(name, hint string) error {
	c := l.seen.Collection
	details := "Searched for a foreign key relationship between '" + c.Name + "' and '" + name + "'"
	if hint != "" {
		details += " using the hint '" + hint + "'"
	}
	details += " in the schema '" + l.view.Catalog.WireName(c.Namespace) + "', but no matches were found."
	f := fault.New(fault.NoRelation, "Could not find a relationship between '%s' and '%s' in the schema cache", c.Name, name).
		WithDetails(details)
	var names []string
	for _, r := range l.seen.Relations() {
		names = append(names, r.Name, r.To.Name)
	}
	if near := schema.Suggest(name, names); near != "" && !slices.Contains(names, name) {
		return f.WithHint("Perhaps you meant '%s' instead of '%s'.", near, name)
	}
	return f
}

// candidate is a member of PGRST201's details.
type candidate struct {
	Cardinality  string `json:"cardinality"`
	Relationship string `json:"relationship"`
	Embedding    string `json:"embedding"`
}

func (l *level) ambiguous(name string, found []*schema.Relation) error {
	details := make([]candidate, len(found))
	hints := make([]string, len(found))
	for i, r := range found {
		details[i] = candidate{r.Cardinality.String(), relationship(r), r.From.Name + " with " + r.To.Name}
		hints[i] = "'" + r.To.Name + "!" + hintOf(r, found) + "'"
	}
	return fault.New(fault.AmbiguousRelation, "Could not embed because more than one relationship was found for '%s' and '%s'",
		l.seen.Collection.Name, name).
		WithDetails(details).
		WithHint("Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.",
			name, strings.Join(hints, ", "))
}

// hintOf is the foreign key, or the junction; where a junction leads both ways, the foreign key it is left by.
func hintOf(r *schema.Relation, among []*schema.Relation) string {
	if r.Junction == nil {
		return r.FK.Name
	}
	for _, other := range among {
		if other != r && other.Junction != nil && other.Junction.Collection == r.Junction.Collection {
			return r.Junction.ToFK.Name
		}
	}
	return r.Junction.Collection.Name
}

func relationship(r *schema.Relation) string {
	if j := r.Junction; j != nil {
		return j.Collection.Name + " using " + j.FromFK.Name + columns(j.FromFK.Columns) + " and " + j.ToFK.Name + columns(j.ToFK.Columns)
	}
	var from, to []*schema.Field
	for _, p := range r.Pairs {
		from, to = append(from, p.From), append(to, p.To)
	}
	return r.FK.Name + " using " + r.From.Name + columns(from) + " and " + r.To.Name + columns(to)
}

func columns(fields []*schema.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return "(" + strings.Join(names, ", ") + ")"
}
