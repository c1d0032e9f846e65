package schema

import (
	"encoding/json"
	"fmt"

	"github.com/socle-hq/socle/internal/value"
)

// ReadDeclaration reads back what MarshalDeclaration wrote, as far as it has a form in a database: collections with their
// stored fields, enum values, keys, indexes, foreign keys, search, and the text of checks. Views, computed fields, policies,
// relations, bounds and defaults are left out.
func ReadDeclaration(raw []byte) (*Catalog, error) {
	var d declaration
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("the stored declaration: %w", err)
	}
	if d.Format != 1 {
		return nil, fmt.Errorf("the stored declaration has format %d", d.Format)
	}
	s := &stored{byKey: map[string]*Collection{}}
	catalog := &Catalog{byName: map[[2]string]*Collection{}}
	for i := range d.Collections {
		if d.Collections[i].View == nil {
			col := s.collection(&d.Collections[i])
			col.Index = len(catalog.Collections)
			catalog.Collections = append(catalog.Collections, col)
			catalog.byName[[2]string{col.Namespace, col.Name}] = col
		}
	}
	for i := range d.Collections {
		s.constraints(&d.Collections[i])
	}
	return catalog, s.err
}

// stored carries the first thing that does not fit together.
type stored struct {
	byKey map[string]*Collection
	err   error
}

func (s *stored) collection(d *declCollection) *Collection {
	c := &Collection{Namespace: d.Namespace, Key: d.Key, Name: d.Name, Internal: d.Internal, Private: d.Private, Realtime: d.Realtime, Junction: d.Junction,
		Ident: Ident{d.Name}, Space: Ident{d.Namespace}, KeyName: bound(d.Name + "_pkey")}
	c.KeyIdent = Ident{c.KeyName}
	s.byKey[d.Key] = c
	for i := range d.Fields {
		f := &d.Fields[i]
		if f.Computed != "" {
			continue
		}
		kind, ok := kinds[f.Kind]
		if !ok {
			s.fail("field %s.%s is %s", d.Key, f.Key, f.Kind)
		}
		c.Fields = append(c.Fields, &Field{Collection: c, Ordinal: len(c.Fields), Key: f.Key, Name: f.Name, Ident: Ident{f.Name},
			Type: value.Type{Kind: kind, List: f.List, Precision: f.Precision, Scale: f.Scale}, Enum: f.Enum,
			Required: f.Required, Identity: f.Identity})
	}
	return c
}

func (s *stored) constraints(d *declCollection) {
	c, ok := s.byKey[d.Key]
	if !ok {
		return
	}
	c.PrimaryKey = s.fields(c, d.PrimaryKey)
	for _, k := range d.Unique {
		c.Unique = append(c.Unique, &Key{Name: k.Name, Ident: Ident{k.Name}, Fields: s.fields(c, k.Columns)})
	}
	for _, k := range d.Indexes {
		x := &Index{Name: k.Name, Ident: Ident{k.Name}}
		for _, term := range k.Columns {
			desc := term != "" && term[0] == '-'
			if desc {
				term = term[1:]
			}
			for _, f := range s.fields(c, []string{term}) {
				x.Terms = append(x.Terms, IndexTerm{Field: f, Desc: desc})
			}
		}
		c.Indexes = append(c.Indexes, x)
	}
	for _, k := range d.Checks {
		c.Checks = append(c.Checks, &Check{Name: k.Name, Ident: Ident{k.Name}, Expr: Source{Text: k.Expr}})
	}
	if d.Search != nil {
		c.Search = &Search{Fields: s.fields(c, d.Search.Fields), Config: d.Search.Config}
	}
	s.foreignKeys(c, d)
}

func (s *stored) foreignKeys(c *Collection, d *declCollection) {
	for _, k := range d.ForeignKeys {
		to, ok := s.byKey[k.To]
		if !ok {
			s.fail("%s refers to %s", d.Key, k.To)
			continue
		}
		c.ForeignKeys = append(c.ForeignKeys, &ForeignKey{Name: k.Name, Ident: Ident{k.Name}, From: c, Columns: s.fields(c, k.Columns),
			To: to, Targets: s.fields(to, k.Targets), OnDelete: actions[k.OnDelete]})
	}
}

func (s *stored) fields(c *Collection, keys []string) []*Field {
	var out []*Field
	for _, key := range keys {
		f, ok := c.FieldByKey(key)
		if !ok {
			s.fail("%s has no field %s", c.Key, key)
			continue
		}
		out = append(out, f)
	}
	return out
}

func (s *stored) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("the stored declaration: "+format, args...)
	}
}

// Reshaped is a collection's row while it changes from old to c: the fields of old under the names c gives them, those that
// c drops under their own. became gives the field of c that an old one becomes, nil where it goes.
func (c *Collection) Reshaped(old *Collection, became func(*Field) *Field) *Collection {
	row := &Collection{Namespace: c.Namespace, Key: c.Key, Name: c.Name, Ident: c.Ident, Space: c.Space}
	for _, f := range old.Fields {
		g := *f
		g.Collection = row
		if now := became(f); now != nil {
			g.Key, g.Name = now.Key, now.Name
		}
		row.Fields = append(row.Fields, &g)
	}
	return row
}
