package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing/fstest"
)

// architect draws whole projects as the text of their files: every kind of key, field, reference, view, rule and function.
type architect struct {
	*rand.Rand
	plots []*plot
	files map[string]string // functions by path
}

// plot is one collection of a project that is being drawn.
type plot struct {
	folder, key string
	sort        string // how its key is made: int, identity, uuid, text, pair, link, none
	fields      []*trait
	sections    []string
	view        bool
	composite   bool // has a reference of two columns
}

// trait is a field by its attributes.
type trait struct {
	name  string
	attrs []string
}

// path is how other collections say this one.
func (p *plot) path() string {
	if p.folder != "" {
		return p.folder + "." + p.key
	}
	return p.key
}

func (p *plot) file() string {
	if p.folder != "" {
		return "collections/" + p.folder + "/" + p.key + ".yaml"
	}
	return "collections/" + p.key + ".yaml"
}

func (p *plot) add(name string, attrs ...string) *trait {
	f := &trait{name, attrs}
	p.fields = append(p.fields, f)
	return f
}

func (p *plot) section(format string, args ...any) {
	p.sections = append(p.sections, fmt.Sprintf(format, args...))
}

// text is the collection's file.
func (p *plot) text() string {
	out := ""
	if !p.view {
		out = "fields:\n"
		for _, f := range p.fields {
			out += "  " + f.name + ": { " + strings.Join(f.attrs, ", ") + " }\n"
		}
	}
	return out + strings.Join(p.sections, "\n") + "\n"
}

func (a *architect) folderFS() fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, p := range a.plots {
		fsys[p.file()] = &fstest.MapFile{Data: []byte(p.text()), Mode: 0o644}
	}
	for path, text := range a.files {
		fsys[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

func (a *architect) chance(n int) bool { return a.IntN(n) == 0 }

// structure draws the collections with their keys, fields and references: all that needs no expression.
func (a *architect) structure() {
	keys := []string{"alphas", "bets", "gammas", "deltas", "epsilons", "zetas"}[:3+a.IntN(4)]
	for i, key := range keys {
		p := &plot{key: key, sort: pick(a.Rand, []string{"int", "int", "identity", "uuid", "text", "pair", "link", "none"})}
		if i == 0 {
			p.sort = "int"
		}
		if a.chance(6) {
			p.folder = "yard"
		}
		a.key(p)
		for n := range 3 + a.IntN(5) {
			a.field(p, n)
		}
		for range a.IntN(3) {
			a.reference(p, false)
		}
		a.plots = append(a.plots, p)
	}
	for _, p := range a.plots {
		if a.chance(2) {
			a.reference(p, true)
		}
		a.constraints(p)
	}
}

// key draws the fields of a primary key.
func (a *architect) key(p *plot) {
	switch p.sort {
	case "int":
		p.add("id", "type: int")
	case "identity":
		p.add("id", "type: int", "identity: true")
	case "uuid":
		p.add("id", "type: uuid")
	case "text":
		p.add("id", "type: text")
	case "pair":
		p.add("area", "type: text")
		p.add("number", "type: int")
		p.section("primary_key: [area, number]")
	case "link":
		first, second := a.target(), a.target()
		if first == nil || second == nil {
			p.sort = "none"
			p.section("primary_key: none")
			return
		}
		p.add("one_id", "ref: "+first.path(), "required: true", a.onDelete(false))
		p.add("two_id", "ref: "+second.path(), "required: true", a.onDelete(false))
		p.section("primary_key: [one_id, two_id]")
	case "none":
		p.section("primary_key: none")
	}
}

// types are what fields are made of, as files write them.
var types = []string{"type: text", "type: text", "type: text", "type: int", "type: int", "type: float", "type: bool", "type: uuid", "type: timestamp",
	"type: date", "type: json", "type: bytes", "type: decimal, precision: 12, scale: 4", "type: decimal, precision: 30, scale: 6",
	"type: decimal, precision: 6, scale: 2", "type: decimal, precision: 18, scale: 0", "type: decimal, precision: 19, scale: 19", "type: decimal, precision: 38, scale: 10",
	"enum: [low, mid, high]", "type: text, list: true", "type: int, list: true", "type: uuid, list: true", "type: date, list: true", "type: bool, list: true",
	"type: float, list: true", "type: timestamp, list: true"}

func (a *architect) field(p *plot, n int) {
	kind := pick(a.Rand, types)
	for p.sort == "none" && (strings.Contains(kind, "list") || strings.Contains(kind, "json")) {
		kind = pick(a.Rand, types) // rows without a key are in the order of their scalars: what differs in others alone has none
	}
	f := p.add(fmt.Sprintf("f%d", n), kind)
	has := func(attr string) { f.attrs = append(f.attrs, attr) }
	if a.chance(8) {
		has(fmt.Sprintf("name: %q", fmt.Sprintf("Fäld %d", n)))
	}
	if a.chance(5) {
		has("required: true")
	}
	switch {
	case kind == "type: text":
		a.some(has, "min: 1", "max: 12", `pattern: "^[^!]*$"`, `default: "new"`, "unique: true")
	case kind == "type: int":
		a.some(has, "min: -100", "max: 1000", "default: 7", "unique: true")
	case kind == "type: uuid":
		a.some(has, "default: auth.uid", "default: uuid")
	case kind == "type: timestamp":
		a.some(has, "default: now", "on_update: now")
	case kind == "type: date":
		a.some(has, "default: today")
	case kind == "type: bool":
		a.some(has, "default: false")
	case strings.HasPrefix(kind, "enum"):
		a.some(has, "default: mid")
	}
	if a.chance(30) {
		has("write: never")
	}
}

// some gives a field one of the attributes, mostly none.
func (a *architect) some(has func(string), of ...string) {
	if a.chance(3) {
		has(pick(a.Rand, of))
	}
}

// target draws a collection that a single field can refer to.
func (a *architect) target() *plot {
	var of []*plot
	for _, p := range a.plots {
		if p.sort == "int" || p.sort == "identity" || p.sort == "uuid" || p.sort == "text" {
			of = append(of, p)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return pick(a.Rand, of)
}

func (a *architect) onDelete(nullable bool) string {
	if nullable {
		return "on_delete: " + pick(a.Rand, []string{"cascade", "restrict", "set_null"})
	}
	return "on_delete: " + pick(a.Rand, []string{"cascade", "restrict"})
}

// reference draws a reference to a collection drawn before, or (late) to any, itself and those that refer to it included.
func (a *architect) reference(p *plot, late bool) {
	if !late && !p.composite && a.chance(4) && a.composite(p) {
		return
	}
	to := a.target()
	if to == nil {
		return
	}
	if a.chance(12) {
		p.add(fmt.Sprintf("user%d_id", len(p.fields)), "ref: auth.users", a.onDelete(true))
		return
	}
	name := strings.TrimSuffix(to.key, "s") + "_id"
	for _, f := range p.fields {
		if f.name == name {
			name = fmt.Sprintf("r%d_id", len(p.fields))
		}
	}
	f := p.add(name, "ref: "+to.path())
	if !late && a.chance(3) {
		f.attrs = append(f.attrs, "required: true", a.onDelete(false))
		return
	}
	f.attrs = append(f.attrs, a.onDelete(true))
	if a.chance(6) {
		f.attrs = append(f.attrs, "unique: true")
	}
}

// composite draws a reference of two columns, false where nothing has such a key.
func (a *architect) composite(p *plot) bool {
	for _, to := range a.plots {
		if to.sort == "pair" {
			n := len(p.fields)
			p.composite = true
			p.add(fmt.Sprintf("area%d", n), "type: text")
			p.add(fmt.Sprintf("number%d", n), "type: int")
			p.section("foreign_keys: { %s_pair_fkey: { columns: [area%d, number%d], ref: %s, to: [area, number], %s } }", p.key, n, n, to.path(), a.onDelete(true))
			return true
		}
	}
	return false
}

// plain are the names of a plot's fields of a type.
func (p *plot) plain(kind string) []string {
	var out []string
	for _, f := range p.fields {
		if strings.HasPrefix(f.attrs[0], kind) && !strings.Contains(f.attrs[0], "list") && strings.HasPrefix(f.name, "f") {
			out = append(out, f.name)
		}
	}
	return out
}

func (a *architect) constraints(p *plot) {
	if of := append(p.plain("type: int"), p.plain("type: text")...); len(of) > 1 && a.chance(4) {
		p.section("unique: [[%s, %s]]", of[0], of[1])
	}
	if of := p.plain("type: text"); len(of) > 0 && p.sort != "none" && a.chance(2) {
		fields := strings.Join(of[:1+a.IntN(len(of))], ", ")
		p.section("search: %s", pick(a.Rand, []string{"[" + fields + "]", "{ fields: [" + fields + "], config: english }"}))
	}
	if of := p.plain("type: "); len(of) > 1 && a.chance(3) && !strings.Contains(of[0]+of[1], "json") {
		p.section("indexes: [[-%s], [%s]]", of[0], of[1])
	}
	if a.chance(4) {
		p.section("realtime: true")
	}
}
