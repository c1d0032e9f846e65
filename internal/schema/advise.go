package schema

import "strings"

// parameters are the names that mean something else in a REST query string.
var parameters = []string{"select", "columns", "on_conflict", "order", "limit", "offset", "and", "or"}

// Advise warns of what is allowed and probably not meant: references that no index serves, collections that nobody can
// read, collections without a key, fields that REST cannot filter by.
func Advise(c *Catalog) Problems {
	var ps Problems
	for _, col := range c.Collections {
		if col.Internal {
			continue
		}
		if !col.Policies.Any() {
			ps.Warn(col.Pos, "`policies: { read: true }` shows it to everybody", "collection %q has no policy: only service_role can reach it", col.Key)
		}
		if len(col.PrimaryKey) == 0 && col.View == nil {
			ps.Warn(col.Pos, "", "collection %q has no primary key: no cursors, no PUT, no search, and rows cannot be told apart", col.Key)
		}
		for _, f := range col.Fields {
			if listed(parameters, f.Name) || f.Name == "search" && col.Search != nil {
				ps.Warn(f.Pos, "`name:` gives it another name on the wire", "field %q of %q cannot be filtered by in REST, where %s means something else", f.Key, col.Key, f.Name)
			}
		}
		for _, fk := range col.ForeignKeys {
			if !col.Leads(fk.Columns) {
				ps.Warn(fk.Pos, "add `indexes: [["+strings.Join(fieldKeys(fk.Columns), ", ")+"]]` to "+col.Key,
					"no index of %q leads with %s: following %s backwards reads the whole collection", col.Key, strings.Join(fieldKeys(fk.Columns), ", "), fk.Name)
			}
		}
	}
	return ps.Sorted()
}

// Leads reports whether the primary key, a unique constraint or an index begins with the fields, in any order.
func (c *Collection) Leads(fields []*Field) bool {
	lists := [][]*Field{c.PrimaryKey}
	for _, k := range c.Unique {
		lists = append(lists, k.Fields)
	}
	for _, x := range c.Indexes {
		var terms []*Field
		for _, t := range x.Terms {
			terms = append(terms, t.Field)
		}
		lists = append(lists, terms)
	}
	for _, l := range lists {
		if len(l) >= len(fields) && within(fields, l[:len(fields)]) {
			return true
		}
	}
	return false
}
