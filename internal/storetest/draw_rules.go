package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
	"github.com/socle-hq/socle/internal/value"
)

// drawProject draws a project that loads. What the drawing needs the catalogue for (expressions) is added to a project that
// has loaded without; of the functions those that do not load are left out.
func drawProject(r *rand.Rand) (fstest.MapFS, error) {
	a := &architect{Rand: r, files: map[string]string{}}
	a.structure()
	catalog, problems := yamlfile.Read(a.folderFS())
	if problems.Failed() {
		return nil, fmt.Errorf("the structure: %s", yamlfile.Render(a.folderFS(), problems))
	}
	for _, p := range a.plots {
		a.rules(catalog, p, a.collection(catalog, p))
	}
	a.views(catalog)
	bare := a.folderFS()
	catalog, problems = yamlfile.Read(bare)
	if problems.Failed() {
		return nil, fmt.Errorf("with rules: %s", yamlfile.Render(bare, problems))
	}
	a.functions(catalog)
	return a.withoutBroken()
}

// withoutBroken leaves out the functions that do not load; everything else must.
func (a *architect) withoutBroken() (fstest.MapFS, error) {
	for {
		fsys := a.folderFS()
		catalog, problems := yamlfile.Read(fsys)
		if !problems.Failed() {
			var set *policy.Set
			var wrong []schema.Problem
			if set, wrong = policy.Compile(catalog); schema.Problems(wrong).Failed() {
				return nil, fmt.Errorf("the policies: %s", yamlfile.Render(fsys, wrong))
			}
			if _, problems = function.Compile(set, admission.Default()); !problems.Failed() {
				return fsys, nil
			}
		}
		left := len(a.files)
		for _, p := range problems {
			delete(a.files, p.Pos.File)
		}
		if len(a.files) == left {
			return nil, fmt.Errorf("the functions: %s", yamlfile.Render(fsys, problems))
		}
	}
}

func (a *architect) collection(catalog *schema.Catalog, p *plot) *schema.Collection {
	for _, c := range catalog.Collections {
		if c.Key == p.path() && !c.Internal {
			return c
		}
	}
	return nil
}

// expression draws an expression over a collection's row that compiles, "" where twenty in a row do not.
func (a *architect) expression(catalog *schema.Catalog, c *schema.Collection, want value.Type, draw func(w *writer) string) string {
	for range 20 {
		text := draw(&writer{Rand: a.Rand, row: "row", col: c})
		src := schema.Source{Text: text, Pos: schema.Pos{File: "generated", Line: 1, Column: 1}}
		row := &ir.Row{Collection: c, Label: "row"}
		if _, problems := cel.New(catalog).Compile(src, cel.Scope{Row: row, Want: want}); len(problems) == 0 && !strings.Contains(text, "\n") {
			return text
		}
	}
	return ""
}

// policy draws a row policy: mostly one that lets some of the actors see some of the rows.
func (a *architect) policy(catalog *schema.Catalog, c *schema.Collection) string {
	if a.chance(3) {
		return "true"
	}
	text := a.expression(catalog, c, aBool, func(w *writer) string { return w.Policy(1 + a.IntN(3)) })
	switch {
	case text == "":
		return "true"
	case a.chance(3):
		return yamlText(text)
	}
	return yamlText(fmt.Sprintf("(%s) %s", text, pick(a.Rand, []string{"|| auth.uid != null", "|| auth.role == 'anon'", "== null"})))
}

// rules gives a collection policies, field policies, a check and computed fields.
func (a *architect) rules(catalog *schema.Catalog, p *plot, c *schema.Collection) {
	for _, f := range p.fields {
		searched := len(p.plain("type: text")) > 0 && strings.HasPrefix(f.attrs[0], "type: text")
		key := len(c.PrimaryKey) > 0 && !strings.HasPrefix(f.name, "f") && !strings.Contains(strings.Join(f.attrs, " "), "on_delete: set_null")
		switch {
		case key || searched || strings.Contains(strings.Join(f.attrs, " "), "required"):
		case a.chance(14):
			f.attrs = append(f.attrs, "read: never")
		case a.chance(6):
			f.attrs = append(f.attrs, "read: "+a.policy(catalog, c))
		}
		if a.chance(12) && !strings.Contains(strings.Join(f.attrs, " "), "write:") {
			f.attrs = append(f.attrs, "write: "+a.policy(catalog, c))
		}
	}
	a.computed(catalog, p, c)
	if a.chance(4) {
		if text := a.expression(catalog, c, aBool, func(w *writer) string { return w.atom(0) }); text != "" && !strings.Contains(text, "auth.") && !strings.Contains(text, "now()") && !strings.Contains(text, "today()") {
			p.section("check: { drawn: %s }", yamlText("("+text+") != false"))
		}
	}
	p.section("policies:\n  read: %s\n  create: %s\n  update: { using: %s, check: %s }\n  delete: %s",
		a.policy(catalog, c), a.policy(catalog, c), a.policy(catalog, c), a.policy(catalog, c), a.policy(catalog, c))
}

func (a *architect) computed(catalog *schema.Catalog, p *plot, c *schema.Collection) {
	var lines []string
	for i, k := range []struct {
		name string
		want value.Type
		draw func(w *writer) string
	}{
		{"bool", aBool, func(w *writer) string { return w.Policy(2) }},
		{"text", aText, func(w *writer) string { return w.text(2) }},
		{"int", anInt, func(w *writer) string { return w.number(1) }},
		{"timestamp", aTimestamp, func(w *writer) string { return w.instant(2) }},
		{"date", aDate, func(w *writer) string { return w.day(2) }},
	} {
		if !a.chance(4) {
			continue
		}
		if text := a.expression(catalog, c, k.want, k.draw); text != "" && !strings.Contains(text, "auth.") {
			trusted := pick(a.Rand, []string{"", "", ", trusted: true"})
			lines = append(lines, fmt.Sprintf("  c%d: { type: %s, expr: %s%s }", i, k.name, yamlText(text), trusted))
		}
	}
	if len(lines) > 0 {
		p.section("computed:\n%s", strings.Join(lines, "\n"))
	}
}

// views adds a grouped view or two.
func (a *architect) views(catalog *schema.Catalog) {
	var views []*plot
	for i := range 1 + a.IntN(2) {
		p := pick(a.Rand, a.plots)
		c := a.collection(catalog, p)
		var group, fields []string
		for _, f := range c.Fields {
			if len(group) < 2 && !f.Type.List && f.Type.Kind != value.JSON && f.Type.Kind != value.Float && a.chance(3) {
				group, fields = append(group, f.Key), append(fields, fmt.Sprintf("g%d: %s", len(fields), f.Key))
			}
			if f.Type.Kind == value.Int && !f.Type.List && a.chance(2) {
				fields = append(fields, fmt.Sprintf(`s%d: "%s(%s)"`, len(fields), pick(a.Rand, []string{"sum", "min", "max", "avg", "count"}), f.Key))
			}
		}
		v := &plot{key: fmt.Sprintf("view%d", i), sort: "view", view: true}
		text := "view:\n  from: " + p.path() + "\n"
		if where := a.expression(catalog, c, aBool, func(w *writer) string { return w.Policy(1) }); where != "" && !strings.Contains(where, "auth.") && a.chance(2) {
			text += "  where: " + yamlText(where) + "\n"
		}
		if len(group) > 0 {
			text += "  group_by: [" + strings.Join(group, ", ") + "]\n"
		}
		v.section("%s  fields: { %s }\npolicies: { read: %s }", text, strings.Join(append(fields, `n: "count()"`), ", "),
			pick(a.Rand, []string{"true", `"auth.uid != null"`}))
		views = append(views, v)
	}
	a.plots = append(a.plots, views...)
}

// functions draws stored reads with arguments, values and writes.
func (a *architect) functions(catalog *schema.Catalog) {
	for i := range 4 {
		c := pick(a.Rand, catalog.Collections)
		if c.Internal || c.Namespace != schema.DefaultNamespace {
			continue
		}
		f := pick(a.Rand, c.Fields)
		if f.Type.List || f.Computed != nil {
			continue
		}
		head := fmt.Sprintf("when: %s\n%s", pick(a.Rand, []string{`"true"`, `"true"`, `"auth.uid != null"`}), pick(a.Rand, []string{"", "", "as: project\n"}))
		arg := f.Type.String()
		if f.Type.Kind == value.Decimal {
			arg = fmt.Sprintf("decimal, precision: %d, scale: %d", f.Type.Precision, f.Type.Scale)
		}
		order := ""
		if a.chance(2) {
			order = "&order=" + c.Fields[0].Name + pick(a.Rand, []string{"", ".desc"}) + pick(a.Rand, []string{"", "&limit={n}", "&limit=5&offset={n}"})
		}
		a.files[fmt.Sprintf("queries/read%d.yaml", i)] = fmt.Sprintf("args: { x: { type: %s }, n: { type: int, default: 4 } }\n%sread: %s\n", arg, head,
			yamlText(fmt.Sprintf("%s?select=*&%s=%s.{x}%s", c.Name, f.Name, pick(a.Rand, []string{"eq", "neq", "gte", "isdistinct"}), order)))
	}
	a.files["queries/sum.yaml"] = "args: { a: int, b: { type: int, default: 3 } }\nwhen: \"true\"\nvalue: \"args.a * args.b - 1\"\n"
	a.files["queries/say.yaml"] = "args: { a: { type: text, required: true }, l: { type: text, list: true } }\nwhen: \"args.a != 'no'\"\nvalue: \"args.a + text(size(args.a))\"\n"
}

// yamlText quotes a text for YAML.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
