package schema

import (
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// Print lists the catalogue for people and golden files: stable, complete, one line for each field, key and relation.
// Built-in collections are left out, relations to them are not.
func Print(c *Catalog) string {
	var b strings.Builder
	for _, col := range c.Collections {
		if !col.Internal {
			printCollection(&b, col)
		}
	}
	return b.String()
}

func printCollection(b *strings.Builder, c *Collection) {
	what := "collection"
	if c.View != nil {
		what = "view"
	}
	fmt.Fprintf(b, "%s %s%s%s%s%s\n", what, c.Key, called(c.Key, c.Name, local(c.Key)), flag(c.Realtime, "realtime"), flag(c.Junction, "junction"), formerly(c.Was))
	if c.View != nil {
		fmt.Fprintf(b, "  from %s%s%s\n", c.View.From.Key, expr("where", c.View.Where), flag(c.View.Group, "grouped"))
	}
	for i, f := range c.Fields {
		fmt.Fprintf(b, "  field %s", describe(f))
		if c.View != nil {
			fmt.Fprintf(b, " = %s", c.View.Fields[i])
		}
		b.WriteString("\n")
	}
	printKeys(b, c)
	for _, r := range c.Relations {
		fmt.Fprintf(b, "  relation %s%s %s %s by %s%s\n", r.Key, called(r.Key, r.Name, r.Key), r.Cardinality, r.To.Key, r.way(), flag(r.Declared, "declared"))
	}
	for _, p := range c.Policies.named() {
		if p.source.Present() {
			fmt.Fprintf(b, "  policy %s: %s\n", p.name, p.source.Text)
		}
	}
}

func printKeys(b *strings.Builder, c *Collection) {
	if len(c.PrimaryKey) > 0 {
		fmt.Fprintf(b, "  primary key %s\n", strings.Join(fieldKeys(c.PrimaryKey), ", "))
	}
	for _, k := range c.Unique {
		fmt.Fprintf(b, "  unique %s: %s\n", k.Name, strings.Join(fieldKeys(k.Fields), ", "))
	}
	for _, x := range c.Indexes {
		fmt.Fprintf(b, "  index %s: %s\n", x.Name, strings.Join(termKeys(x.Terms), ", "))
	}
	for _, fk := range c.ForeignKeys {
		fmt.Fprintf(b, "  foreign key %s: %s -> %s(%s) on delete %s\n", fk.Name, strings.Join(fieldKeys(fk.Columns), ", "),
			fk.To.Key, strings.Join(fieldKeys(fk.Targets), ", "), fk.OnDelete)
	}
	for _, k := range c.Checks {
		fmt.Fprintf(b, "  check %s: %s\n", k.Name, k.Expr.Text)
	}
	if c.Search != nil {
		fmt.Fprintf(b, "  search %s: %s\n", c.Search.Config, strings.Join(fieldKeys(c.Search.Fields), ", "))
	}
}

func describe(f *Field) string {
	s := f.Key + called(f.Key, f.Name, f.Key) + " " + typeText(f)
	s += flag(f.Required, "required") + flag(f.Identity, "identity")
	for _, bound := range []struct {
		name string
		v    *value.Value
	}{{"min", f.Min}, {"max", f.Max}} {
		if text := declareBound(f, bound.v); text != nil {
			s += " " + bound.name + "=" + *text
		}
	}
	if f.Pattern != "" {
		s += fmt.Sprintf(" pattern=%q", f.Pattern)
	}
	if f.Format != "" {
		s += " format=" + f.Format
	}
	s += defaultText(f, "default", f.Default) + defaultText(f, "on_update", f.OnUpdate)
	s += formerly(f.Was) + expr("fill", f.Fill)
	if text := f.Read.text(); text != "" {
		s += fmt.Sprintf(" read=%q", text)
	}
	if text := f.Write.text(); text != "" {
		s += fmt.Sprintf(" write=%q", text)
	}
	if f.Computed != nil {
		s += expr("computed", f.Computed.Expr) + flag(f.Computed.Trusted, "trusted")
	}
	return s
}

func typeText(f *Field) string {
	t := kindName(f.Type.Kind)
	if f.Type.Kind == value.Decimal {
		t += fmt.Sprintf("(%d,%d)", f.Type.Precision, f.Type.Scale)
	}
	if f.Type.List {
		t += "[]"
	}
	if f.Enum != nil {
		t += " enum(" + strings.Join(f.Enum, ", ") + ")"
	}
	return t
}

func defaultText(f *Field, what string, d Default) string {
	switch d.Kind {
	case NoDefault:
		return ""
	case Literal:
		return " " + what + "=" + string(value.AppendJSON(nil, f.Type, d.Value))
	}
	return " " + what + "=" + d.Kind.String()
}

func called(key, name, plain string) string {
	if name == plain || name == key {
		return ""
	}
	return fmt.Sprintf(" called %q", name)
}

func flag(set bool, name string) string {
	if set {
		return " " + name
	}
	return ""
}

func formerly(was string) string {
	if was == "" {
		return ""
	}
	return " was=" + was
}

func expr(what string, s Source) string {
	if !s.Present() {
		return ""
	}
	return fmt.Sprintf(" %s=%q", what, s.Text)
}
