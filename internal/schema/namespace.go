package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// WireName is what a namespace is called on the wire: its key unless socle.yaml says otherwise. The database keeps the key.
func (c *Catalog) WireName(namespace string) string {
	if name, ok := c.wire[namespace]; ok {
		return name
	}
	return namespace
}

// WireNames are those of the exposed namespaces, in their order.
func (c *Catalog) WireNames() []string {
	out := make([]string, len(c.Namespaces))
	for i, n := range c.Namespaces {
		out[i] = c.WireName(n)
	}
	return out
}

// nameNamespaces gives the namespaces of a catalogue the names that the project chose.
func (r *resolver) nameNamespaces(c *Catalog, specs []NamespaceSpec) {
	c.wire = map[string]string{}
	named := map[string]Word{}
	for _, s := range specs {
		if !listed(c.Namespaces, s.Key.Text) {
			r.problems.Add(s.Key.Pos, "a namespace is a folder of collections/, or public", "there is no namespace %q%s", s.Key.Text, DidYouMean(s.Key.Text, c.Namespaces))
			continue
		}
		r.checkWireName(s.Name)
		c.wire[s.Key.Text], named[s.Key.Text] = s.Name.Text, s.Name
	}
	taken := map[string]string{}
	for _, n := range c.Namespaces {
		name := c.WireName(n)
		if other, ok := taken[name]; ok {
			r.problems.Add(orElse(named[n], named[other]).Pos, "", "the namespaces %s and %s would both be called %q", other, n, name)
		}
		taken[name] = n
	}
}

// checkWireName refuses what a header cannot carry as it stands.
func (r *resolver) checkWireName(w Word) {
	switch {
	case w.Text == "" || len(w.Text) > maxIdent:
		r.problems.Add(w.Pos, "", "the name of a namespace has 1 to %d bytes", maxIdent)
	case !utf8.ValidString(w.Text) || strings.ContainsFunc(w.Text, unicode.IsControl):
		r.problems.Add(w.Pos, "", "the name of a namespace cannot contain control characters or invalid UTF-8")
	case strings.TrimSpace(w.Text) != w.Text:
		r.problems.Add(w.Pos, "", "the name of a namespace cannot begin or end with a space")
	}
}
