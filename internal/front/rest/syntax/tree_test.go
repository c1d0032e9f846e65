package syntax

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

func (f Field) write() string {
	out := quote(f.Name)
	for i, s := range f.Steps {
		out += choose(f.Text && i == len(f.Steps)-1, "->>", "->")
		if s.IsIndex {
			out += strconv.Itoa(s.Index)
		} else {
			out += quote(s.Key)
		}
	}
	return out
}

func writeItems(items []Item) string {
	var out []string
	for _, it := range items {
		out = append(out, writeItem(it))
	}
	return strings.Join(out, ",")
}

func writeItem(it Item) string {
	switch it := it.(type) {
	case *Count:
		return writeAlias(it.Alias) + "count()" + writeCast(it.Cast)
	case *Column:
		out := writeAlias(it.Alias) + it.Field.write() + writeCast(it.Cast)
		if it.Aggregate != "" {
			out += "." + it.Aggregate + "()" + writeCast(it.Then)
		}
		return out
	case *Embed:
		hint := choose(it.Hint != "", "!"+quote(it.Hint), "") + choose(it.Inner, "!inner", "")
		return choose(it.Spread, "...", "") + writeAlias(it.Alias) + quote(it.Name) + hint + "(" + writeItems(it.Items) + ")"
	}
	return "*"
}

func writeAlias(name string) string { return choose(name != "", quote(name)+":", "") }

func writeCast(name string) string { return choose(name != "", "::"+quote(name), "") }

func writeNode(n Node) string {
	if f, ok := n.(*Leaf); ok {
		return f.Field.write() + "." + f.Op.write()
	}
	logic := n.(*Logic)
	var of []string
	for _, m := range logic.Of {
		of = append(of, writeNode(m))
	}
	return choose(logic.Not, "not.", "") + choose(logic.Or, "or", "and") + "(" + strings.Join(of, ",") + ")"
}

func (o Operation) write() string {
	out := choose(o.Not, "not.", "") + o.Name
	switch {
	case o.Code == In:
		var of []string
		for _, s := range o.List {
			of = append(of, quote(s))
		}
		return out + ".(" + strings.Join(of, ",") + ")"
	case o.Code == Is:
		return out + "." + o.Text
	case o.Config != "":
		out += "(" + o.Config + ")"
	}
	return out + [...]string{"", "(any)", "(all)"}[o.Each] + "." + quote(o.Text)
}

func writeTerms(terms []Term) string {
	var out []string
	for _, t := range terms {
		s := t.Field.write()
		if t.Relation != "" {
			s = quote(t.Relation) + "(" + s + ")"
		}
		out = append(out, s+choose(t.Desc, ".desc", ".asc")+choose(t.NullsFirst, ".nullsfirst", ".nullslast"))
	}
	return strings.Join(out, ",")
}

var names = rapid.StringOfN(rapid.RuneFrom([]rune(`ab_ $"\.,():->é*`)), 1, 6, -1)

func fields() *rapid.Generator[Field] {
	return rapid.Custom(func(t *rapid.T) Field {
		f := Field{Name: names.Draw(t, "name")}
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "index") {
				f.Steps = append(f.Steps, value.Step{Index: rapid.IntRange(-5, 5).Draw(t, "at"), IsIndex: true})
			} else {
				f.Steps = append(f.Steps, value.Step{Key: names.Draw(t, "key")})
			}
		}
		f.Text = f.Steps != nil && rapid.Bool().Draw(t, "text")
		return f
	})
}

func optional(t *rapid.T, g *rapid.Generator[string]) string {
	if rapid.Bool().Draw(t, "given") {
		return g.Draw(t, "value")
	}
	return ""
}

func items(depth int) *rapid.Generator[[]Item] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Item {
		casts := rapid.SampledFrom([]string{"text", "int"})
		switch rapid.IntRange(0, choice(depth)).Draw(t, "kind") {
		case 0:
			return Star{}
		case 1:
			return &Count{Alias: optional(t, names), Cast: optional(t, casts)}
		case 2:
			it := &Column{Alias: optional(t, names), Field: fields().Draw(t, "field"), Cast: optional(t, casts)}
			if it.Aggregate = optional(t, rapid.SampledFrom([]string{"sum", "count"})); it.Aggregate != "" {
				it.Then = optional(t, casts)
			}
			return it
		}
		it := &Embed{Name: names.Draw(t, "rel"), Hint: optional(t, rapid.SampledFrom([]string{"a_fkey", "b c"})),
			Inner: rapid.Bool().Draw(t, "inner"), Spread: rapid.Bool().Draw(t, "spread"), Items: items(depth-1).Draw(t, "items")}
		if !it.Spread {
			it.Alias = optional(t, names)
		}
		return it
	}), 1, 3)
}

// choice is the last kind of item that may be drawn: at the bottom there are no embeds.
func choice(depth int) int {
	if depth == 0 {
		return 2
	}
	return 4
}

func TestSelectReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := items(2).Draw(t, "items")
		got, err := parseSelect(writeItems(want), admission.Default())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v, then %s", writeItems(want), err, writeItems(got))
		}
	})
}

func operations() *rapid.Generator[Operation] {
	return rapid.Custom(func(t *rapid.T) Operation {
		o := Operation{Not: rapid.Bool().Draw(t, "not")}
		o.Name = rapid.SampledFrom([]string{"eq", "neq", "like", "imatch", "in", "is", "isdistinct", "wfts", "cs", "adj"}).Draw(t, "op")
		o.Code = operators[o.Name]
		texts := rapid.StringOfN(rapid.RuneFrom([]rune(`a1 ,.(){}"\é`)), 0, 6, -1)
		switch {
		case o.Code == In:
			o.List = rapid.SliceOfN(texts, 1, 3).Draw(t, "list")
			return o
		case o.Code == Is:
			o.Text = rapid.SampledFrom([]string{"null", "not_null", "true", "unknown"}).Draw(t, "is")
			return o
		case o.Code.quantifiable():
			o.Each = rapid.SampledFrom([]Quantifier{Plain, Any, All}).Draw(t, "each")
		case o.Code.Search():
			o.Config = optional(t, rapid.Just("english"))
		}
		o.Text = texts.Draw(t, "text")
		return o
	})
}

func trees(depth int) *rapid.Generator[Node] {
	return rapid.Custom(func(t *rapid.T) Node {
		if depth == 0 || rapid.Bool().Draw(t, "leaf") {
			return &Leaf{fields().Draw(t, "field"), operations().Draw(t, "op")}
		}
		return &Logic{Not: rapid.Bool().Draw(t, "not"), Or: rapid.Bool().Draw(t, "or"),
			Of: rapid.SliceOfN(trees(depth-1), 1, 3).Draw(t, "of")}
	})
}

func TestLogicReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := trees(3).Draw(t, "tree")
		got, err := parseLogic(writeNode(want), "", admission.Default())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v\n got %+v\nwant %+v", writeNode(want), err, got, want)
		}
	})
}

func TestOrderReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Term {
			return Term{optional(t, names), fields().Draw(t, "field"), rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "first")}
		}), 1, 3).Draw(t, "terms")
		got, err := parseOrder(writeTerms(want), admission.Default())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v\n got %+v\nwant %+v", writeTerms(want), err, got, want)
		}
	})
}
