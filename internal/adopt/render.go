package adopt

import (
	"fmt"
	"strings"
	"unicode"
)

// written is a collection's file on its way.
type written struct {
	strings.Builder
	collection *collection
	line       int
	lines      map[int]*element
}

func (w *written) put(format string, args ...any) {
	w.line++
	fmt.Fprintf(w, format+"\n", args...)
}

// section writes elements below a key; nothing where none is left.
func (w *written) section(key, indent string, of []*element) {
	first := true
	for _, e := range of {
		if e.gone {
			continue
		}
		if first {
			w.put("%s%s:", indent, key)
			first = false
		}
		w.put("%s  %s", indent, e.line())
		w.lines[w.line] = e
	}
}

// render gives the collection files, and what stands where in them.
func (p *Project) render() (files map[string]string, places map[string]*written) {
	files, places = map[string]string{}, map[string]*written{}
	for _, c := range p.collections {
		if !c.gone {
			w := c.write()
			files[c.path()], places[c.path()] = w.String(), w
		}
	}
	return files, places
}

func (c *collection) write() *written {
	w := &written{collection: c, lines: map[int]*element{}}
	w.put("# TODO: policies. Until they are written nobody but service_role sees this collection.")
	w.put("# policies: { read: …, create: …, update: …, delete: … }")
	if c.name != c.key {
		w.put("name: %s", scalar(c.name))
	}
	if c.table.Comment != "" {
		w.put("description: %s", quote(c.table.Comment))
	}
	if !c.stored() {
		w.put("view:")
		for _, e := range c.view {
			w.put("  %s", e.line())
			w.lines[w.line] = e
		}
		w.section("fields", "  ", c.fields)
		return w
	}
	w.section("fields", "", c.fields)
	if c.primary != nil {
		if c.primary.gone {
			c.primary = &element{key: "primary_key", text: "none", what: "the primary key"}
		}
		w.put("%s", c.primary.line())
		if c.primary.text != "none" {
			w.lines[w.line] = c.primary
		}
	}
	w.section("unique", "", c.unique)
	w.section("indexes", "", c.indexes)
	w.section("foreign_keys", "", c.foreign)
	w.section("check", "", c.checks)
	w.section("computed", "", c.computed)
	return w
}

// Files are the project's files by their paths.
func (p *Project) Files() map[string]string {
	files, _ := p.render()
	files["socle.yaml"] = p.settings()
	files["ADOPT.md"] = p.Report()
	return files
}

func (p *Project) settings() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\n# database: postgres://app:${DB_PASSWORD}@db.example.org/app    # an empty one of its own; without this an embedded file\n", scalar(p.Name))
	first := true
	for i, s := range p.db.Schemas {
		key := p.spaces[s]
		if i == 0 {
			key = "public"
		}
		if key == s || !p.inhabited(s) || !speakable(s) {
			continue
		}
		if first {
			b.WriteString("namespaces:\n")
			first = false
		}
		fmt.Fprintf(&b, "  %s: { name: %s }\n", key, quote(s))
	}
	return b.String()
}

// inhabited reports whether a schema is a namespace of the project; the default one always is.
func (p *Project) inhabited(schema string) bool {
	for _, c := range p.collections {
		if c.table.Schema == schema && !c.gone {
			return true
		}
	}
	return schema == p.db.Schemas[0]
}

// speakable reports whether a header can carry a schema's name.
func speakable(s string) bool {
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}
