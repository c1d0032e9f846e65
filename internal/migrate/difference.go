package migrate

import (
	"fmt"
	"strings"
)

// Difference is what keeps a database from being at a project's schema. It is an error where it cannot be carried out.
type Difference struct {
	New      []string // collections that would be created
	Indexes  []string // indexes that would be created
	Blocking []string // what needs more than creating, in words
}

// Any reports whether something differs.
func (d Difference) Any() bool { return len(d.New)+len(d.Indexes)+len(d.Blocking) > 0 }

// Lines says every difference in one line each.
func (d Difference) Lines() []string {
	var out []string
	for _, n := range d.New {
		out = append(out, "collection "+n+" is new")
	}
	for _, n := range d.Indexes {
		out = append(out, "index "+n+" is new")
	}
	return append(out, d.Blocking...)
}

// Error says what cannot be carried out.
func (d Difference) Error() string {
	return "the database holds an earlier schema, and this version can only add collections and indexes to it:\n  - " +
		strings.Join(d.Blocking, "\n  - ")
}

// difference compares what was applied with what the project declares.
func difference(old, now storage) Difference {
	var d Difference
	before := map[string]table{}
	for _, t := range old.Tables {
		before[t.title()] = t
	}
	for _, t := range now.Tables {
		b, ok := before[t.title()]
		if !ok {
			d.New = append(d.New, t.title())
			continue
		}
		delete(before, t.title())
		d.table(b, t)
	}
	for _, t := range old.Tables {
		if _, gone := before[t.title()]; gone {
			d.block("collection %s is no longer declared", t.title())
		}
	}
	return d
}

func (d *Difference) block(format string, args ...any) {
	d.Blocking = append(d.Blocking, fmt.Sprintf(format, args...))
}

func (d *Difference) table(old, now table) {
	name := now.title()
	d.columns(old, now)
	if !same(old.PrimaryKey, now.PrimaryKey) {
		d.block("%s: the primary key is (%s) and was (%s)", name, strings.Join(now.PrimaryKey, ", "), strings.Join(old.PrimaryKey, ", "))
	}
	d.keys(name, "unique constraint", old.Unique, now.Unique)
	if !same(old.ForeignKeys, now.ForeignKeys) {
		d.block("%s: the foreign keys differ", name)
	}
	if !same(old.Search, now.Search) {
		d.block("%s: the search fields differ", name)
	}
	d.indexes(name, old.Indexes, now.Indexes)
}

func (d *Difference) columns(old, now table) {
	name := now.title()
	before := map[string]column{}
	for _, c := range old.Columns {
		before[c.Name] = c
	}
	for _, c := range now.Columns {
		b, ok := before[c.Name]
		delete(before, c.Name)
		switch {
		case !ok:
			d.block("%s: field %s is new", name, c.Name)
		case b.Type != c.Type:
			d.block("%s: field %s is %s and was %s", name, c.Name, c.Type, b.Type)
		case c.Required && !b.Required:
			d.block("%s: field %s is required and was not", name, c.Name)
		case b.Required && !c.Required:
			d.block("%s: field %s is no longer required", name, c.Name)
		case b.Identity != c.Identity:
			d.block("%s: field %s is generated or no longer so", name, c.Name)
		}
	}
	for _, c := range old.Columns {
		if _, gone := before[c.Name]; gone {
			d.block("%s: field %s is no longer declared", name, c.Name)
		}
	}
}

func (d *Difference) keys(table, what string, old, now []key) {
	for _, k := range now {
		if !has(old, k) {
			d.block("%s: %s %s is new or differs", table, what, k.Name)
		}
	}
	for _, k := range old {
		if !has(now, k) && !named(now, k.Name) {
			d.block("%s: %s %s is no longer declared", table, what, k.Name)
		}
	}
}

// indexes: a new one is created; one that is gone stays in the database, see keeping.
func (d *Difference) indexes(table string, old, now []key) {
	for _, k := range now {
		switch {
		case has(old, k):
		case named(old, k.Name):
			d.block("%s: index %s has other columns", table, k.Name)
		default:
			d.Indexes = append(d.Indexes, k.Name)
		}
	}
}

func has(keys []key, k key) bool {
	for _, other := range keys {
		if same(other, k) {
			return true
		}
	}
	return false
}

func named(keys []key, name string) bool {
	for _, k := range keys {
		if k.Name == name {
			return true
		}
	}
	return false
}
