package adopt

import (
	"fmt"
	"sort"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
)

// Project is what a database becomes.
type Project struct {
	Name  string
	Notes []Note // what is different, by table; the order is that of the tables

	db          *Database
	collections []*collection
	byTable     map[int64]*collection
	spaces      map[string]string // by schema: the folder, "" for the default namespace
	out         map[int64]string  // tables that are left out, and why
}

// Note is one thing that a project does not have as the database has it.
type Note struct {
	Table string // schema.table; "" for what is nobody's
	What  string
}

// collection is a table or a view on its way to a file.
type collection struct {
	table            *Table
	space, key, name string
	fields           []*element
	primary          *element
	unique           []*element
	indexes          []*element
	foreign          []*element
	checks           []*element
	computed         []*element
	view             []*element // from, where
	columns          map[string]*column
	gone             bool
}

// column is a column of a table that has become a field.
type column struct {
	*Column
	kind      kind
	key, wire string
	required  bool
	computed  bool
	field     *element
}

// Adopt makes a project of a database. Whatever has no place in it is in its notes; what is left passes `socle check`.
func Adopt(db *Database, name string) *Project {
	p := &Project{Name: keyFor(name, "project"), db: db, byTable: map[int64]*collection{}, spaces: map[string]string{}, out: map[int64]string{}}
	taken := newNames()
	for i, s := range db.Schemas {
		if i > 0 {
			p.spaces[s] = taken.unique(spaceFor(s))
		}
	}
	p.nameCollections()
	for _, c := range p.collections {
		if c.stored() {
			p.addFields(c)
		}
	}
	for _, c := range p.collections {
		if c.stored() {
			p.addConstraints(c)
			p.addIndexes(c)
			p.addComputed(c)
			p.tellAttached(c.table)
		}
	}
	for _, c := range p.collections {
		if !c.stored() {
			p.addView(c)
		}
	}
	p.tellRest()
	p.settle()
	return p
}

// note keeps what has to be said of a table.
func (p *Project) note(t *Table, format string, args ...any) {
	p.Notes = append(p.Notes, Note{t.relation(), fmt.Sprintf(format, args...)})
}

// nameCollections decides which tables become collections, and what these are called.
func (p *Project) nameCollections() {
	keys, wires := map[string]*names{}, map[string]*names{}
	for _, s := range p.db.Schemas {
		keys[s], wires[s] = newNames(), newNames()
	}
	tables := append([]*Table(nil), p.db.Tables...)
	sort.SliceStable(tables, func(i, j int) bool { return plainName(tables[i]) && !plainName(tables[j]) }) // they keep their names
	for _, t := range tables {
		if why := unfit(t); why != "" {
			p.out[t.ID] = why
			if !t.Partition {
				p.note(t, "%s", why)
			}
			continue
		}
		c := &collection{table: t, space: p.spaces[t.Schema], columns: map[string]*column{}}
		c.key = keys[t.Schema].unique(keyFor(t.Name, "collection"))
		if c.name = wires[t.Schema].unique(wireFor(t.Name)); c.name != t.Name {
			p.note(t, "the name cannot be kept: the collection is called %q", c.name)
		}
		p.collections = append(p.collections, c)
		p.byTable[t.ID] = c
	}
	sort.Slice(p.collections, func(i, j int) bool {
		a, b := p.collections[i], p.collections[j]
		return a.space < b.space || a.space == b.space && a.key < b.key
	})
}

func plainName(t *Table) bool { return schema.ValidKey(t.Name) }

// unfit is why a table cannot become a collection, "" where it can.
func unfit(t *Table) string {
	switch {
	case t.Kind == "m":
		return "a materialized view: left out; declare a view, or fill a collection yourself"
	case t.Kind == "f":
		return "a foreign table: left out; its rows are elsewhere"
	case t.Partition:
		return "a partition: its rows are those of the partitioned table"
	case t.Kind != "v" && len(t.Columns) == 0:
		return "a table without columns: left out"
	}
	return ""
}

func (c *collection) stored() bool { return c.table.Kind != "v" }

// path is the collection's file.
func (c *collection) path() string {
	if c.space == "" {
		return "collections/" + c.key + ".yaml"
	}
	return "collections/" + c.space + "/" + c.key + ".yaml"
}

// full is how commands call the collection.
func (c *collection) full() string {
	if c.space == "" {
		return c.key
	}
	return c.space + "." + c.key
}

// reference is how another collection names this one; ok is false where its namespace has something of the same name.
func (p *Project) reference(from, to *collection) (string, bool) {
	if from.space == to.space || to.space != "" {
		if from.space == to.space {
			return to.key, true
		}
		return to.full(), true
	}
	for _, c := range p.collections {
		if c.space == from.space && c.key == to.key {
			return "", false
		}
	}
	return to.key, true
}

// tellAttached lists what hangs on a table.
func (p *Project) tellAttached(t *Table) {
	for _, a := range t.Attached {
		p.note(t, "the %s %s is left out: %s", a.Kind, a.Name, oneLine(a.Definition))
	}
	if t.Guarded && len(t.Attached) == 0 {
		p.note(t, "row-level security is on, without a row policy: nobody but the owner sees rows")
	}
	if t.Partitions > 0 {
		p.note(t, "partitioned into %d: one collection holds all of them", t.Partitions)
	}
	if len(t.Parents) > 0 {
		p.note(t, "inherits from %s: a collection of its own, whose rows the other does not show", strings.Join(t.Parents, ", "))
	}
}

// tellRest lists what belongs to no table.
func (p *Project) tellRest() {
	for _, f := range p.db.Functions {
		p.Notes = append(p.Notes, Note{"", "the function " + f.Schema + "." + f.Signature + " is left out: functions are declared in queries/, or belong to the program that calls"})
	}
	for _, s := range p.db.Sequences {
		p.Notes = append(p.Notes, Note{"", "the sequence " + s.Schema + "." + s.Name + " is left out: it belongs to no column"})
	}
	for i, s := range p.db.Schemas {
		if key := p.spaces[s]; i > 0 && key != s {
			p.Notes = append(p.Notes, Note{"", fmt.Sprintf("the schema %q is the folder %s", s, key)})
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
