package config

import (
	"regexp"
	"sort"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// placeholder is a variable in a setting's text.
var placeholder = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// shield hides the braces of ${NAME} from YAML, to which they mean a mapping inside { … }. Every place stays where it is.
func shield(data []byte) []byte {
	return placeholder.ReplaceAll(data, []byte("$$\ue000${1}\ue001"))
}

var shielded = regexp.MustCompile("\\$\ue000([A-Za-z0-9_]+)\ue001")

// unshield puts the braces back.
func unshield(n *yamlfile.Node) {
	n.Text = shielded.ReplaceAllString(n.Text, "$${${1}}")
	for _, p := range n.Pairs {
		unshield(p.Value)
	}
	for _, item := range n.Items {
		unshield(item)
	}
}

// reader puts overrides over the written tree, substitutes variables and checks every setting.
type reader struct {
	yamlfile.Decoder
	env    Env
	opaque map[*yamlfile.Node]bool // texts whose variables were not looked up: not checked
}

// override puts the scalar settings given by SOCLE_A_B variables into the tree.
func (r *reader) override(n *yamlfile.Node, path string, s setting) {
	if r.env == nil {
		return
	}
	for _, key := range sortedKeys(s.keys) {
		sub, at := s.keys[key], join(path, key)
		if sub.keys != nil {
			r.overrideSection(n, key, at, sub)
			continue
		}
		if sub.form.name == "" {
			continue
		}
		if v, ok := r.env(variable(at)); ok {
			put(n, key, given(variable(at), v, sub.form.list))
		}
	}
}

// overrideSection reaches into a section, making it where only a variable mentions it.
func (r *reader) overrideSection(n *yamlfile.Node, key, path string, s setting) {
	sub, ok := n.Get(key)
	if ok && sub.Kind != yamlfile.Map && sub.Kind != yamlfile.Null {
		return // reported by check
	}
	if !ok || sub.Kind == yamlfile.Null {
		sub = &yamlfile.Node{Kind: yamlfile.Map, Pos: n.Pos}
	}
	if r.override(sub, path, s); len(sub.Pairs) > 0 {
		put(n, key, sub)
	}
}

func put(n *yamlfile.Node, key string, v *yamlfile.Node) {
	for i := range n.Pairs {
		if n.Pairs[i].Key.Text == key {
			n.Pairs[i].Value = v
			return
		}
	}
	n.Pairs = append(n.Pairs, yamlfile.Pair{Key: schema.Word{Text: key, Pos: v.Pos}, Value: v})
}

// given is a node for a variable's value; a list is separated by commas.
func given(name, v string, list bool) *yamlfile.Node {
	n := &yamlfile.Node{Kind: yamlfile.String, Text: v, Pos: schema.Pos{File: name}}
	if !list {
		return n
	}
	out := &yamlfile.Node{Kind: yamlfile.List, Pos: n.Pos}
	for _, item := range strings.Split(v, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out.Items = append(out.Items, &yamlfile.Node{Kind: yamlfile.String, Text: item, Pos: n.Pos})
		}
	}
	return out
}

func sortedKeys(m map[string]setting) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (r *reader) check(n *yamlfile.Node, what string, s setting) {
	switch {
	case s.keys != nil:
		keys := yamlfile.Keys{}
		for key, sub := range s.keys {
			keys[key] = func(n *yamlfile.Node) { r.check(n, key, sub) }
		}
		r.Object(n, what, keys)
	case s.any != nil:
		r.Entries(n, what, func(key schema.Word, n *yamlfile.Node) { r.check(n, key.Text, *s.any) })
	case s.item != nil:
		r.Items(n, what, func(n *yamlfile.Node) { r.check(n, "an entry of "+what, *s.item) })
	case s.form.list:
		r.Items(n, what, func(n *yamlfile.Node) { r.scalar(n, "an entry of "+what, s.form) })
	default:
		r.scalar(n, what, s.form)
	}
}

func (r *reader) scalar(n *yamlfile.Node, what string, f form) {
	switch n.Kind {
	case yamlfile.Map, yamlfile.List:
		r.Expected(n, what+" is one value")
		return
	case yamlfile.Null:
		r.Problems.Add(n.Pos, "remove the line to have the default", "%s has no value", what)
		return
	}
	fromFile := n.Pos.File == File
	if f.taken != nil && fromFile {
		if found := f.taken(n.Text); found != "" {
			r.Problems.Add(n.TextPos(), "write ${NAME} and set the variable where the server runs", "%s holds %s; project files are kept in git", what, found)
			return
		}
	}
	if fromFile || f.fills {
		r.substitute(n)
	}
	if r.opaque[n] {
		return
	}
	if want := f.wrong(n.Text); want != "" {
		r.Problems.Add(n.TextPos(), "", "%s is %s", what, want)
	}
}

// substitute replaces ${NAME} by the variable's value.
func (r *reader) substitute(n *yamlfile.Node) {
	n.Text = placeholder.ReplaceAllStringFunc(n.Text, func(whole string) string {
		name := placeholder.FindStringSubmatch(whole)[1]
		if r.env == nil {
			r.opaque[n] = true
			return whole
		}
		v, ok := r.env(name)
		if !ok {
			r.opaque[n] = true
			r.Problems.Add(n.TextPos(), "", "the environment variable %s is not set", name)
		}
		return v
	})
}
