package storetest

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// asker draws requests as clients write them: mostly right, sometimes wrong, over every construct of the grammar.
type asker struct {
	*rand.Rand
	params  []string
	grouped bool // the root aggregates: its order would have to be one of the groups'
	wild    bool // over HTTP and any project: rarer constructs, other names and values that rows have
	rows    Rows // of the project, where values are drawn from them
}

// Request draws a request for a collection: a request line and headers.
func (a *asker) Request(c *schema.Collection) string {
	a.params, a.grouped = nil, false
	sel := a.selection(c, "", 2)
	if a.wild {
		sel = url.QueryEscape(sel)
	}
	a.conditions(c, "")
	text := "GET /" + c.Name + "?select=" + sel
	for _, p := range a.params {
		text += "&" + p
	}
	if a.chance(3) {
		text += "\nPrefer: count=exact"
	}
	return text + "\n"
}

func (a *asker) chance(n int) bool { return a.IntN(n) == 0 }

func (a *asker) param(name, val string) {
	a.params = append(a.params, url.QueryEscape(name)+"="+url.QueryEscape(val))
}

// selection draws a select list; prefix is the path of embeds down to here.
func (a *asker) selection(c *schema.Collection, prefix string, depth int) string {
	if a.chance(8) {
		a.grouped = a.grouped || prefix == ""
		return a.aggregates(c, prefix)
	}
	var items []string
	for range 1 + a.IntN(3) {
		items = append(items, a.item(c, len(items)))
	}
	if a.chance(6) {
		items = append(items, "*")
	}
	if depth > 0 && a.chance(2) {
		if e := a.embed(c, prefix, depth); e != "" {
			items = append(items, e)
		}
	}
	return strings.Join(items, ",")
}

func (a *asker) item(c *schema.Collection, n int) string {
	f := a.field(c)
	text := f.Name
	if a.chance(5) {
		text = fmt.Sprintf("a%d:%s", n, text)
	}
	if f.Type.Kind == value.JSON || f.Type.List {
		text += pick(a.Rand, []string{"", "->a", "->>a", "->0", "->>-1", "->a->>b"})
	}
	if a.chance(6) {
		text += "::" + a.cast(f.Type)
	}
	return text
}

// cast draws a target the type can be cast to; rarely any.
func (a *asker) cast(from value.Type) string {
	var of []string
	for _, to := range []value.Type{aText, anInt, aFloat, aTimestamp, aDate, aJSON, aBool} {
		if value.Castable(from, to) || a.chance(30) {
			of = append(of, to.String())
		}
	}
	return pick(a.Rand, append(of, "text"))
}

// field draws a field; rarely one that does not exist.
func (a *asker) field(c *schema.Collection) *schema.Field {
	if a.chance(60) {
		return &schema.Field{Name: "nosuch", Type: aText}
	}
	return pick(a.Rand, c.Fields)
}

func (a *asker) aggregates(c *schema.Collection, prefix string) string {
	var items []string
	for i := range a.IntN(3) {
		if f := a.field(c); f.Type.Kind != value.Float {
			items = append(items, fmt.Sprintf("g%d:%s", i, f.Name))
		}
	}
	items = append(items, "n:count()")
	for i := range a.IntN(3) {
		f := a.field(c)
		fns := []string{"count", "min", "max"}
		if f.Type.Numeric() {
			fns = append(fns, "sum", "avg")
		}
		items = append(items, fmt.Sprintf("v%d:%s.%s()", i, f.Name, pick(a.Rand, fns)))
	}
	if prefix == "" && a.chance(3) {
		a.param("having", pick(a.Rand, []string{"(n.gt.1)", "(n.gt.1)", "(n.gt.1)", "(or(n.eq.1,n.gte.3))", "(n.not.in.(1,2))", "(n.isdistinct.2,n.lt.9)"}))
	}
	return strings.Join(items, ",")
}

func (a *asker) embed(c *schema.Collection, prefix string, depth int) string {
	if len(c.Relations) == 0 {
		return ""
	}
	rel := pick(a.Rand, c.Relations)
	name, text := rel.Name, rel.Name
	if a.chance(3) {
		name = fmt.Sprintf("e%d", a.IntN(9))
		text = name + ":" + rel.Name
	}
	if rel.FK != nil && a.chance(2) {
		text += "!" + rel.FK.Name
	}
	text += pick(a.Rand, []string{"", "", "", "!inner", "!left"})
	if a.chance(6) {
		text = "..." + strings.TrimPrefix(text, name+":")
		name = rel.Name
	}
	path := prefix + name
	inner := a.selection(rel.To, path+".", depth-1)
	if a.chance(2) {
		a.filter(rel.To, path+".")
	}
	if !rel.ToOne() {
		a.order(rel.To, path+".")
	}
	if a.chance(4) {
		a.param(path+".limit", fmt.Sprint(a.IntN(4)))
	}
	if a.wild {
		a.wildEmbed(rel, path, prefix)
	}
	if prefix == "" && a.chance(6) {
		a.param(name, pick(a.Rand, []string{"is.null", "not.is.null"}))
	}
	return text + "(" + inner + ")"
}

func (a *asker) conditions(c *schema.Collection, prefix string) {
	for range a.IntN(3) {
		a.filter(c, prefix)
	}
	if a.chance(4) {
		a.param(pick(a.Rand, []string{"or", "and", "not.or", "not.and"}), a.tree(c, 2))
	}
	if !a.grouped {
		a.order(c, prefix)
	}
	if c.Search != nil && a.chance(6) {
		a.param("search", pick(a.Rand, []string{"plfts.", "wfts.", "phfts.", "not.plfts."})+pick(a.Rand, []string{"a", "abc", "A b", "é", "x -a", "1"}))
	}
	if a.chance(3) {
		a.param("limit", fmt.Sprint(a.IntN(12)))
	}
	if a.chance(5) {
		a.param("offset", fmt.Sprint(a.IntN(8)))
	}
}

func (a *asker) filter(c *schema.Collection, prefix string) {
	f := a.field(c)
	path := ""
	if f.Type.Kind == value.JSON {
		path = pick(a.Rand, []string{"", "->a", "->>a"})
	}
	a.param(prefix+f.Name+path, a.operation(f, path))
}

func (a *asker) operation(f *schema.Field, path string) string {
	if a.wild && path == "" && a.chance(3) {
		return a.wildOperation(f)
	}
	not := pick(a.Rand, []string{"", "", "not."})
	if a.chance(5) {
		return not + "is." + pick(a.Rand, []string{"null", "null", "not_null"})
	}
	t := f.Type
	if path == "->>a" {
		t = aText
	}
	return not + a.operator(t)
}

func (a *asker) operator(t value.Type) string {
	v := a.text(t)
	switch {
	case t.List:
		return pick(a.Rand, []string{"cs.", "cd.", "ov.", "eq.", "neq."}) + v
	case t.Kind == value.JSON:
		return pick(a.Rand, []string{"cs.", "cd.", "eq.", "neq."}) + v
	case t.Kind == value.Bool:
		return pick(a.Rand, []string{"is.true", "is.false", "is.unknown", "eq.true", "neq.false", "isdistinct.true"})
	case t.Kind == value.Text && a.chance(2):
		return pick(a.Rand, []string{"like.", "ilike."}) + strings.ReplaceAll(pick(a.Rand, likes), "%", "*")
	case t.Kind == value.Text && a.chance(3):
		return pick(a.Rand, []string{"match.", "imatch."}) + pick(a.Rand, regexes)
	case a.chance(4):
		return "in.(" + quoted(v) + "," + quoted(a.text(t)) + ")"
	case a.chance(6):
		return pick(a.Rand, []string{"eq", "gt", "lte"}) + pick(a.Rand, []string{"(any)", "(all)"}) + ".{" + quoted(v) + "," + quoted(a.text(t)) + "}"
	}
	return pick(a.Rand, []string{"eq.", "neq.", "gt.", "gte.", "lt.", "lte.", "isdistinct."}) + v
}

// text is a value as a filter writes it; rarely one that no type but text reads.
func (a *asker) text(t value.Type) string {
	if a.chance(40) {
		return "nonsense"
	}
	if t == anInt && a.chance(2) {
		return fmt.Sprint(a.IntN(20))
	}
	return sample(a.Rand, t).Text()
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (a *asker) tree(c *schema.Collection, depth int) string {
	var of []string
	for range 1 + a.IntN(3) {
		if depth > 0 && a.chance(4) {
			of = append(of, pick(a.Rand, []string{"and", "or", "not.and", "not.or"})+a.tree(c, depth-1))
			continue
		}
		f := pick(a.Rand, c.Fields)
		if f.Type.List || f.Type.Kind == value.JSON {
			of = append(of, f.Name+".is.null")
			continue
		}
		of = append(of, f.Name+"."+pick(a.Rand, []string{"eq.", "neq.", "gt.", "lt.", "not.gte."})+quoted(a.text(f.Type)))
	}
	return "(" + strings.Join(of, ",") + ")"
}

func (a *asker) order(c *schema.Collection, prefix string) {
	if a.chance(3) {
		return
	}
	var terms []string
	if a.wild && a.chance(4) {
		terms = a.related(c)
	}
	for range 1 + a.IntN(2) {
		terms = append(terms, a.field(c).Name+pick(a.Rand, []string{"", ".asc", ".desc"})+pick(a.Rand, []string{"", ".nullsfirst", ".nullslast"}))
	}
	a.param(prefix+"order", strings.Join(terms, ","))
}
