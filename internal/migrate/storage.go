// Package migrate owns the way from a catalogue to a database that holds it: creating the first schema, remembering
// which declaration was applied, and telling what differs. It knows nothing of requests, policies or seed files.
package migrate

import (
	"encoding/json"

	"github.com/socle-hq/socle/internal/schema"
)

// storage is the part of a declaration that has a form in the database, by names there. Its members are a stored
// format: extend, never rename.
type storage struct {
	Tables []table `json:"tables"`
}

type table struct {
	Namespace   string    `json:"namespace"`
	Name        string    `json:"name"`
	Columns     []column  `json:"columns"`
	PrimaryKey  []string  `json:"primary_key,omitempty"`
	Unique      []key     `json:"unique,omitempty"`
	Indexes     []key     `json:"indexes,omitempty"`
	ForeignKeys []foreign `json:"foreign_keys,omitempty"`
	Search      *search   `json:"search,omitempty"`
}

type column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	Identity bool   `json:"identity,omitempty"`
}

type key struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"` // '-' before a descending one
}

type foreign struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	To      string   `json:"to"`
	Targets []string `json:"targets"`
}

type search struct {
	Fields []string `json:"fields"`
	Config string   `json:"config"`
}

// storageOf gives what of a catalogue is stored. Policies, computed fields, checks, defaults, enum values, relation
// names, views and descriptions are not: they change without touching the database.
func storageOf(c *schema.Catalog) storage {
	var s storage
	for _, col := range c.Collections {
		if col.View == nil {
			s.Tables = append(s.Tables, tableOf(col))
		}
	}
	return s
}

func tableOf(c *schema.Collection) table {
	t := table{Namespace: c.Space.Name(), Name: c.Ident.Name(), PrimaryKey: columnNames(c.PrimaryKey)}
	for _, f := range c.Fields {
		if f.Computed == nil {
			t.Columns = append(t.Columns, column{f.Ident.Name(), f.Type.String(), f.Required || f.IsKey(), f.Identity})
		}
	}
	for _, k := range c.Unique {
		t.Unique = append(t.Unique, key{k.Ident.Name(), columnNames(k.Fields)})
	}
	for _, x := range c.Indexes {
		t.Indexes = append(t.Indexes, key{x.Ident.Name(), termNames(x.Terms)})
	}
	for _, fk := range c.ForeignKeys {
		t.ForeignKeys = append(t.ForeignKeys, foreign{fk.Ident.Name(), columnNames(fk.Columns),
			fk.To.Space.Name() + "." + fk.To.Ident.Name(), columnNames(fk.Targets)})
	}
	if c.Search != nil {
		t.Search = &search{columnNames(c.Search.Fields), c.Search.Config}
	}
	return t
}

// keeping is s with the indexes of old that s no longer declares: they stay, and are known should they come back.
func (s storage) keeping(old storage) storage {
	before := map[string]table{}
	for _, t := range old.Tables {
		before[t.title()] = t
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		for _, k := range before[t.title()].Indexes {
			if !named(t.Indexes, k.Name) {
				t.Indexes = append(t.Indexes, k)
			}
		}
	}
	return s
}

func columnNames(fields []*schema.Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Ident.Name())
	}
	return out
}

func termNames(terms []schema.IndexTerm) []string {
	var out []string
	for _, t := range terms {
		sign := ""
		if t.Desc {
			sign = "-"
		}
		out = append(out, sign+t.Field.Ident.Name())
	}
	return out
}

// title is how messages call a table.
func (t table) title() string {
	if t.Namespace == schema.DefaultNamespace {
		return t.Name
	}
	return t.Namespace + "." + t.Name
}

func same(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}
