package migrate

import (
	"github.com/socle-hq/socle/internal/schema"
)

// matching says what of an applied catalogue becomes what of the wanted one.
type matching struct {
	pairs    []*pair // in the order of the wanted catalogue
	created  []*schema.Collection
	gone     []*schema.Collection
	problems schema.Problems

	byOld map[*schema.Collection]*pair
}

// pair is a collection before and after.
type pair struct {
	old, new *schema.Collection
	was      map[*schema.Field]*schema.Field // new → old
	became   map[*schema.Field]*schema.Field // old → new
	dropped  []*schema.Field
}

// match pairs collections and fields by key, or by what they say they were. A former name that is not in the database any
// more says nothing.
func match(old, wanted *schema.Catalog) *matching {
	m := &matching{byOld: map[*schema.Collection]*pair{}}
	before, after := stored(old), stored(wanted)
	kept := map[string]bool{}
	for _, c := range after {
		kept[c.Key] = true
	}
	known := map[string]*schema.Collection{}
	for _, c := range before {
		known[c.Key] = c
	}
	for _, c := range after {
		o := known[c.Key]
		if former := known[formerKey(c)]; former != nil && !kept[former.Key] {
			if o != nil {
				m.problems.Add(c.Pos, "apply the removal of one of them first, or remove `was`",
					"collection %q was %q, but the database has both", c.Key, former.Key)
			}
			o = former
		}
		if o == nil {
			m.created = append(m.created, c)
			continue
		}
		p := m.matchFields(o, c)
		m.pairs, m.byOld[o] = append(m.pairs, p), p
	}
	for _, c := range before {
		if m.byOld[c] == nil {
			m.gone = append(m.gone, c)
		}
	}
	return m
}

func (m *matching) matchFields(old, wanted *schema.Collection) *pair {
	p := &pair{old: old, new: wanted, was: map[*schema.Field]*schema.Field{}, became: map[*schema.Field]*schema.Field{}}
	for _, f := range wanted.Fields {
		if f.Computed != nil {
			continue
		}
		o, _ := old.FieldByKey(f.Key)
		if former, ok := old.FieldByKey(f.Was); ok && f.Was != f.Key {
			if _, still := wanted.FieldByKey(f.Was); !still {
				if o != nil {
					m.problems.Add(f.Pos, "apply the removal of one of them first, or remove `was`",
						"field %q was %q, but the database has both", f.Key, f.Was)
				}
				o = former
			}
		}
		if o != nil {
			p.was[f], p.became[o] = o, f
		}
	}
	for _, o := range old.Fields {
		if p.became[o] == nil {
			p.dropped = append(p.dropped, o)
		}
	}
	return p
}

// formerKey is the whole key of the collection c says it was.
func formerKey(c *schema.Collection) string {
	if c.Was == "" || c.Namespace == schema.DefaultNamespace {
		return c.Was
	}
	return c.Namespace + "." + c.Was
}

// stored are the collections with a table.
func stored(c *schema.Catalog) []*schema.Collection {
	var out []*schema.Collection
	if c == nil {
		return nil
	}
	for _, col := range c.Collections {
		if col.View == nil {
			out = append(out, col)
		}
	}
	return out
}

// lands gives what fields become, nil if one of them goes.
func (p *pair) lands(fields []*schema.Field) []*schema.Field {
	var out []*schema.Field
	for _, f := range fields {
		if p.became[f] == nil {
			return nil
		}
		out = append(out, p.became[f])
	}
	return out
}
