package typegen

import (
	"slices"

	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// steps is what a function of several writes answers: what each of them did.
const steps = "{ status: number; headers: { [name: string]: string }; body: Json }[]"

// function writes a declared function. Where its rows are those of a collection the caller sees, the client may go on selecting
// from that collection; a trusted one gives what it gives.
func (g *generator) function(f *function.Function) {
	g.remark(f.Decl.Description)
	g.block(property(f.Decl.Name)+": {", "}", func() {
		g.arguments(f.Decl.Args)
		switch r := f.Result.(type) {
		case function.Scalar:
			g.line("Returns: %s", orNull(typeOf(r.Type, nil), r.Nullable && r.Type.Kind != value.Null))
		case function.Rows:
			g.block("Returns: {", "}[]", func() { g.columns(r, f.Decl.Trusted) })
			if _, seen := g.view.Of(r.Collection); seen && !f.Decl.Trusted && r.Collection.Namespace == f.Decl.Namespace {
				g.line(`SetofOptions: { from: "*", to: %s, isOneToOne: false, isSetofReturn: true }`, quote(r.Collection.Name))
			}
		default:
			g.line("Returns: %s", steps)
		}
	})
}

func (g *generator) arguments(args []*schema.Arg) {
	if len(args) == 0 {
		g.line("Args: Record<PropertyKey, never>")
		return
	}
	g.block("Args: {", "}", func() {
		for _, a := range args {
			g.remark(a.Description)
			if a.Required {
				g.line("%s: %s", property(a.Name), typeOf(a.Type, a.Enum))
			} else {
				g.line("%s?: %s", property(a.Name), orNull(typeOf(a.Type, a.Enum), true))
			}
		}
	})
}

// columns are the members of a function's rows, those of embeds inside them.
func (g *generator) columns(rows function.Rows, trusted bool) {
	for _, c := range rows.Columns {
		null := c.Nullable || !trusted && g.masks(rows.Collection, c.Name)
		if c.Rows == nil {
			g.line("%s: %s", property(c.Name), orNull(typeOf(c.Type, c.Enum), null))
			continue
		}
		g.block(property(c.Name)+": {", orNull(listOf("}", !c.One), null && c.One), func() { g.columns(*c.Rows, trusted) })
	}
}

// masks reports whether the member called name may be of a field whose value depends on who reads the row. A name that is no
// field's stands for any of them.
func (g *generator) masks(c *schema.Collection, name string) bool {
	cv, ok := g.view.Of(c)
	if !ok {
		return false
	}
	if f, ok := c.Field(name); ok {
		return cv.IsMasked(f)
	}
	return slices.ContainsFunc(c.Fields, cv.IsMasked)
}
