package rest

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/value"
)

// The writers below print parsed trees in the URL's own grammar; what they print must read back as the same tree.

func quote(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

func (f fieldRef) write() string {
	out := quote(f.name)
	for i, s := range f.steps {
		out += choose(f.text && i == len(f.steps)-1, "->>", "->")
		if s.IsIndex {
			out += strconv.Itoa(s.Index)
		} else {
			out += quote(s.Key)
		}
	}
	return out
}

func writeItems(items []item) string {
	var out []string
	for _, it := range items {
		out = append(out, it.write())
	}
	return strings.Join(out, ",")
}

func (it item) write() string {
	alias := ""
	if it.alias != "" {
		alias = quote(it.alias) + ":"
	}
	hint := ""
	if it.hint != "" {
		hint = "!" + quote(it.hint)
	}
	if it.inner {
		hint += "!inner"
	}
	cast, aggCast := "", ""
	if it.cast != "" {
		cast = "::" + it.cast
	}
	if it.aggCast != "" {
		aggCast = "::" + it.aggCast
	}
	switch it.kind {
	case starItem:
		return "*"
	case countItem:
		return alias + "count()" + aggCast
	case embedItem:
		return alias + quote(it.field.name) + hint + "(" + writeItems(it.items) + ")"
	case spreadItem:
		return "..." + quote(it.field.name) + hint + "(" + writeItems(it.items) + ")"
	}
	if it.agg != "" {
		return alias + it.field.write() + cast + "." + it.agg + "()" + aggCast
	}
	return alias + it.field.write() + cast
}

func (n node) write() string {
	if n.leaf != nil {
		return n.leaf.field.write() + "." + n.leaf.op.write()
	}
	var of []string
	for _, m := range n.of {
		of = append(of, m.write())
	}
	return choose(n.not, "not.", "") + choose(n.or, "or", "and") + "(" + strings.Join(of, ",") + ")"
}

func (o operation) write() string {
	out := choose(o.not, "not.", "") + o.name
	switch {
	case o.code == opIn:
		var of []string
		for _, s := range o.list {
			of = append(of, quote(s))
		}
		return out + ".(" + strings.Join(of, ",") + ")"
	case o.code == opIs:
		return out + "." + o.text
	case o.config != "":
		out += "(" + o.config + ")"
	}
	return out + [...]string{"", "(any)", "(all)"}[o.each] + "." + quote(o.text)
}

func writeTerms(terms []term) string {
	var out []string
	for _, t := range terms {
		s := t.field.write()
		if t.rel != "" {
			s = quote(t.rel) + "(" + s + ")"
		}
		out = append(out, s+choose(t.desc, ".desc", ".asc")+choose(t.nullsFirst, ".nullsfirst", ".nullslast"))
	}
	return strings.Join(out, ",")
}

var names = rapid.StringOfN(rapid.RuneFrom([]rune(`ab_ $"\.,():->é*`)), 1, 6, -1)

func fields() *rapid.Generator[fieldRef] {
	return rapid.Custom(func(t *rapid.T) fieldRef {
		f := fieldRef{name: names.Draw(t, "name")}
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "index") {
				f.steps = append(f.steps, value.Step{Index: rapid.IntRange(-5, 5).Draw(t, "at"), IsIndex: true})
			} else {
				f.steps = append(f.steps, value.Step{Key: names.Draw(t, "key")})
			}
		}
		f.text = f.steps != nil && rapid.Bool().Draw(t, "text")
		return f
	})
}

func optional(t *rapid.T, g *rapid.Generator[string]) string {
	if rapid.Bool().Draw(t, "given") {
		return g.Draw(t, "value")
	}
	return ""
}

func items(depth int) *rapid.Generator[[]item] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) item {
		kinds := []itemKind{starItem, fieldItem, countItem}
		if depth > 0 {
			kinds = append(kinds, embedItem, spreadItem)
		}
		it := item{kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		casts := rapid.SampledFrom([]string{"text", "int"})
		switch it.kind {
		case starItem:
			return it
		case countItem:
			it.field.name, it.agg, it.alias, it.aggCast = "count", "count", optional(t, names), optional(t, casts)
			return it
		case fieldItem:
			it.field, it.alias, it.cast = fields().Draw(t, "field"), optional(t, names), optional(t, casts)
			if it.agg = optional(t, rapid.SampledFrom([]string{"sum", "count"})); it.agg != "" {
				it.aggCast = optional(t, casts)
			}
			return it
		case embedItem:
			it.alias = optional(t, names)
		}
		it.field.name, it.hint = names.Draw(t, "rel"), optional(t, rapid.SampledFrom([]string{"a_fkey", "b c"}))
		it.inner = rapid.Bool().Draw(t, "inner")
		it.items = items(depth-1).Draw(t, "items")
		return it
	}), 1, 3)
}

func TestSelectReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := items(2).Draw(t, "items")
		got, err := parseSelect(writeItems(want), admission.Default())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v\n got %+v\nwant %+v", writeItems(want), err, got, want)
		}
	})
}

func operations() *rapid.Generator[operation] {
	return rapid.Custom(func(t *rapid.T) operation {
		o := operation{not: rapid.Bool().Draw(t, "not")}
		o.name = rapid.SampledFrom([]string{"eq", "neq", "like", "imatch", "in", "is", "isdistinct", "wfts", "cs", "adj"}).Draw(t, "op")
		o.code = operators[o.name]
		texts := rapid.StringOfN(rapid.RuneFrom([]rune(`a1 ,.(){}"\é`)), 0, 6, -1)
		switch {
		case o.code == opIn:
			o.list = rapid.SliceOfN(texts, 1, 3).Draw(t, "list")
			return o
		case o.code == opIs:
			o.text = rapid.SampledFrom([]string{"null", "not_null", "true", "unknown"}).Draw(t, "is")
			return o
		case o.code.quantifiable():
			o.each = rapid.SampledFrom([]quantifier{plain, anyOf, allOf}).Draw(t, "each")
		case o.code.search():
			o.config = optional(t, rapid.Just("english"))
		}
		o.text = texts.Draw(t, "text")
		return o
	})
}

func trees(depth int) *rapid.Generator[node] {
	return rapid.Custom(func(t *rapid.T) node {
		if depth == 0 || rapid.Bool().Draw(t, "leaf") {
			return node{leaf: &leaf{fields().Draw(t, "field"), operations().Draw(t, "op")}}
		}
		return node{not: rapid.Bool().Draw(t, "not"), or: rapid.Bool().Draw(t, "or"),
			of: rapid.SliceOfN(trees(depth-1), 1, 3).Draw(t, "of")}
	})
}

func TestLogicReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := trees(3).Draw(t, "tree")
		got, err := parseLogic(want.write(), "", admission.Default())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v\n got %+v\nwant %+v", want.write(), err, got, want)
		}
	})
}

func TestOrderReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) term {
			return term{optional(t, names), fields().Draw(t, "field"), rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "first")}
		}), 1, 3).Draw(t, "terms")
		got, err := parseOrder(writeTerms(want), admission.Default())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v\n got %+v\nwant %+v", writeTerms(want), err, got, want)
		}
	})
}
