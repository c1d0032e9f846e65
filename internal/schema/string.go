package schema

import (
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// String is the action as a project writes it.
func (a Action) String() string { return [...]string{"restrict", "cascade", "set_null"}[a] }

// String is the shape in words: one-to-many.
func (c Cardinality) String() string {
	return [...]string{"many-to-one", "one-to-one", "one-to-many", "many-to-many"}[c]
}

// String is the keyword a project writes, or "literal".
func (k DefaultKind) String() string {
	return [...]string{"none", "literal", "now", "today", "uuid", "auth.uid"}[k]
}

// String is the column as a project writes it: sum(project.budget).
func (v ViewField) String() string {
	var steps []string
	for _, r := range v.Path {
		steps = append(steps, r.Key)
	}
	if v.Field != nil {
		steps = append(steps, v.Field.Key)
	}
	path := strings.Join(steps, ".")
	if v.Agg == "" {
		return path
	}
	return v.Agg + "(" + path + ")"
}

// way names the foreign keys a relation goes along.
func (r *Relation) way() string {
	if j := r.Junction; j != nil {
		return j.Collection.Key + "(" + j.FromFK.Name + ", " + j.ToFK.Name + ")"
	}
	if r.Forward {
		return r.FK.Name
	}
	return r.From.Key + " <- " + r.FK.Name
}

func (r Rule) text() string {
	if r.Never {
		return "never"
	}
	return r.Source.Text
}

type namedSource struct {
	name   string
	source Source
}

// named lists the policies by name, absent ones too.
func (p Policies) named() []namedSource {
	return []namedSource{{"read", p.Read}, {"create", p.Create}, {"update.using", p.UpdateUsing},
		{"update.check", p.UpdateCheck}, {"delete", p.Delete}}
}

func kindName(k value.Kind) string {
	for name, kind := range kinds {
		if kind == k {
			return name
		}
	}
	return "unknown"
}
