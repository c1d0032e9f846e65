package schema

import (
	"strings"
	"unicode/utf8"
)

// ValidKey reports whether s can name something in a project: [a-z][a-z0-9_]*, at most 63 bytes.
func ValidKey(s string) bool {
	if s == "" || len(s) > maxIdent || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// expressionWords cannot follow a dot in an expression, so nothing may be called by them.
var expressionWords = []string{"in", "true", "false", "null"}

func (r *resolver) checkKey(what string, w Word) {
	switch {
	case listed(expressionWords, w.Text):
		r.problems.Add(w.Pos, "choose another key; `name:` may still call it "+w.Text+" on the wire", "%q means something else in expressions", w.Text)
	case ValidKey(w.Text):
	case strings.HasPrefix(w.Text, "_"):
		r.problems.Add(w.Pos, "", "%s name %q begins with '_', which is reserved for the product", what, w.Text)
	case len(w.Text) > maxIdent:
		r.problems.Add(w.Pos, "", "%s name %q is longer than %d bytes", what, w.Text, maxIdent)
	default:
		r.problems.Add(w.Pos, "lower-case letters, digits and '_', a letter first; `name:` gives it any other name in the database and on the wire",
			"%q is not a %s name", w.Text, what)
	}
}

// wireName is what something is called in the database and on the wire: its key, or what `name:` says.
func (r *resolver) wireName(what string, key, name Word) string {
	if !name.Present() {
		return key.Text
	}
	switch {
	case name.Text == "":
		r.problems.Add(name.Pos, "", "the name of a %s cannot be empty", what)
	case strings.ContainsRune(name.Text, 0) || !utf8.ValidString(name.Text):
		r.problems.Add(name.Pos, "", "the name of a %s cannot contain a NUL byte or invalid UTF-8", what)
	case len(name.Text) > maxIdent:
		r.problems.Add(name.Pos, "", "the name of a %s is at most %d bytes; %q has %d", what, maxIdent, name.Text, len(name.Text))
	case strings.HasPrefix(name.Text, "_"):
		r.problems.Add(name.Pos, "", "%s name %q begins with '_', which is reserved for the product", what, name.Text)
	}
	return name.Text
}

func (r *resolver) checkNamespace(pos Pos, space string) {
	if !ValidKey(space) {
		r.problems.Add(pos, "rename the folder: lower-case letters, digits and '_', a letter first", "%q is not a namespace name", space)
	}
	for _, reserved := range []string{"information_schema", "pg_", "sqlite_", "socle"} {
		if space == reserved || strings.HasSuffix(reserved, "_") && strings.HasPrefix(space, reserved) {
			r.problems.Add(pos, "choose another folder name", "the namespace %s is reserved", space)
		}
	}
}

// checkNames finds what would collide in the database or on the wire. Engines may compare identifiers without regard to
// ASCII case, so names that differ only in it collide too.
func (r *resolver) checkNames() {
	tables := map[string]string{}
	for _, d := range r.drafts {
		if strings.HasPrefix(strings.ToLower(d.Name), "sqlite_") {
			r.problems.Add(d.Pos, "", "collection name %q: names beginning with sqlite_ are reserved by an engine", d.Name)
		}
		r.claim(tables, d.Pos, Flat(d.Space, d.Ident).name, "collection "+d.Key)
		r.claimKeys(tables, d)
		r.checkMemberNames(d)
	}
}

func (r *resolver) claimKeys(tables map[string]string, d *draft) {
	if len(d.PrimaryKey) > 0 {
		r.claim(tables, d.Pos, Flat(d.Space, d.KeyIdent).name, "the primary key of "+d.Key)
	}
	for _, k := range d.Unique {
		r.claim(tables, k.Pos, Flat(d.Space, k.Ident).name, "a unique constraint of "+d.Key)
	}
	for _, x := range d.Indexes {
		r.claim(tables, x.Pos, Flat(d.Space, x.Ident).name, "an index of "+d.Key)
	}
}

func (r *resolver) claim(taken map[string]string, pos Pos, name, what string) {
	fold := strings.ToLower(name)
	if by, ok := taken[fold]; ok {
		r.problems.Add(pos, "`name:` gives one of them another name", "%s and %s would both be called %q in the database", by, what, name)
		return
	}
	taken[fold] = what
}

// checkMemberNames keeps fields and declared relations of one collection apart, by key and by wire name.
func (r *resolver) checkMemberNames(d *draft) {
	keys, names := map[string]Pos{}, map[string]Pos{}
	member := func(what, key, name string, pos Pos) {
		if first, ok := keys[key]; ok {
			r.problems.Add(pos, "", "%s %q is already declared at %s", what, key, first)
			return
		}
		keys[key] = pos
		fold := strings.ToLower(name)
		if first, ok := names[fold]; ok {
			r.problems.Add(pos, "", "%s %q: the name %q is already taken at %s", what, key, name, first)
		}
		names[fold] = pos
	}
	for _, f := range d.Fields {
		member("field", f.Key, f.Name, f.Pos)
	}
	for i := range d.spec.Relations {
		s := &d.spec.Relations[i]
		member("relation", s.Key.Text, orElse(s.Name, s.Key).Text, s.Key.Pos)
	}
	r.checkRuleNames(d)
}

// checkRuleNames keeps foreign keys and checks of one collection apart: errors name them.
func (r *resolver) checkRuleNames(d *draft) {
	taken := map[string]string{}
	for _, fk := range d.ForeignKeys {
		r.claim(taken, fk.Pos, fk.Name, "a foreign key of "+d.Key)
	}
	for _, c := range d.Checks {
		r.claim(taken, c.Pos, c.Name, "a check of "+d.Key)
	}
}

func orElse(a, b Word) Word {
	if a.Present() {
		return a
	}
	return b
}
