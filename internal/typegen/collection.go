package typegen

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// table writes a stored collection.
func (g *generator) table(cv *schema.CollectionView) {
	g.remark(cv.Collection.Description)
	g.block(property(cv.Collection.Name)+": {", "}", func() {
		g.row(cv)
		g.block("Insert: {", "}", func() {
			for _, f := range cv.Collection.Fields {
				g.written(cv, f, !f.Required || f.Identity || f.Default.Kind != schema.NoDefault)
			}
		})
		g.block("Update: {", "}", func() {
			for _, f := range cv.Collection.Fields {
				g.written(cv, f, true)
			}
		})
		g.relationships(cv)
		g.computed(cv)
	})
}

// viewed writes a declared view, which is only read.
func (g *generator) viewed(cv *schema.CollectionView) {
	g.remark(cv.Collection.Description)
	g.block(property(cv.Collection.Name)+": {", "}", func() {
		g.row(cv)
		g.relationships(cv)
	})
}

func (g *generator) row(cv *schema.CollectionView) {
	g.block("Row: {", "}", func() {
		for _, f := range cv.Collection.Fields {
			if cv.CanRead(f) {
				g.remark(f.Description, computedRemark(f), maskedRemark(cv, f))
				g.line("%s: %s", property(f.Name), orNull(g.fieldType(f), mayBeNull(cv, f)))
			}
		}
	})
}

// mayBeNull reports whether a reader may find NULL: it is allowed to be stored, cannot be known (an expression), or stands
// in the place of what a policy hides.
func mayBeNull(cv *schema.CollectionView, f *schema.Field) bool {
	return !f.Required || f.Computed != nil || cv.IsMasked(f)
}

func computedRemark(f *schema.Field) string {
	if f.Computed == nil {
		return ""
	}
	return "Computed: `*` leaves it out, a select names it."
}

func maskedRemark(cv *schema.CollectionView, f *schema.Field) string {
	if !cv.IsMasked(f) {
		return ""
	}
	return "Null in the rows where the reader may not see it."
}

// written is a field of a body. One that is seen and cannot be written stays as never, so that a row read cannot be sent
// back with it unnoticed.
func (g *generator) written(cv *schema.CollectionView, f *schema.Field, optional bool) {
	switch {
	case !cv.CanWrite(f) && cv.CanRead(f):
		g.line("%s?: never", property(f.Name))
	case cv.CanWrite(f) && optional:
		g.line("%s?: %s", property(f.Name), orNull(g.fieldType(f), !f.Required))
	case cv.CanWrite(f):
		g.line("%s: %s", property(f.Name), orNull(g.fieldType(f), !f.Required))
	}
}

// computed names the fields that `*` leaves out.
func (g *generator) computed(cv *schema.CollectionView) {
	var out []string
	for _, f := range cv.Collection.Fields {
		if f.Computed != nil && cv.CanRead(f) {
			out = append(out, f.Name)
		}
	}
	if len(out) > 0 {
		g.line("ComputedFields: %s", quoted(out, " | "))
	}
}

// fieldType is a field's type without null; an enum's goes by its name.
func (g *generator) fieldType(f *schema.Field) string {
	if f.Enum == nil {
		return typeOf(f.Type, nil)
	}
	e := g.enums.byField[f]
	return listOf("Database["+quote(g.view.Catalog.WireName(e.space))+"][\"Enums\"]["+quote(e.name)+"]", f.Type.List)
}

// typeOf is a value's type as JSON brings it; an enum's is written out.
func typeOf(t value.Type, enum []string) string {
	of := "string"
	switch t.Kind {
	case value.Int, value.Float, value.Decimal:
		of = "number"
	case value.Bool:
		of = "boolean"
	case value.JSON:
		of = "Json"
	}
	if len(enum) > 0 {
		of = quoted(enum, " | ")
		if t.List && len(enum) > 1 {
			of = "(" + of + ")"
		}
	}
	return listOf(of, t.List)
}

func listOf(t string, list bool) string {
	if list {
		return t + "[]"
	}
	return t
}

func orNull(t string, null bool) string {
	if null {
		return t + " | null"
	}
	return t
}
