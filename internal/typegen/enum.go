package typegen

import (
	"strconv"

	"github.com/socle-hq/socle/internal/schema"
)

// enum is a named set of words: a collection's and its field's name joined.
type enum struct {
	space, name string
	words       []string
}

// enums are the sets of words of a view, each once.
type enums struct {
	byField map[*schema.Field]*enum
	all     []*enum
}

// nameEnums names the enums of everything the view shows. What a declared view shows of a field keeps that field's name, where the
// field can be seen itself.
func nameEnums(v *schema.View) *enums {
	out := &enums{byField: map[*schema.Field]*enum{}}
	taken := map[[2]string]bool{}
	var shown []*schema.Field
	for _, c := range v.Catalog.Collections {
		cv, ok := v.Of(c)
		for _, f := range c.Fields {
			if !ok || f.Enum == nil || !cv.CanRead(f) && !cv.CanWrite(f) {
				continue
			}
			shown = append(shown, f)
			if origin(v, f) == f {
				out.add(f, taken)
			}
		}
	}
	for _, f := range shown {
		out.byField[f] = out.byField[origin(v, f)]
	}
	return out
}

func (e *enums) add(f *schema.Field, taken map[[2]string]bool) {
	key := [2]string{f.Collection.Namespace, f.Collection.Name + "_" + f.Name}
	for n := 2; taken[key]; n++ {
		key[1] = f.Collection.Name + "_" + f.Name + "_" + strconv.Itoa(n)
	}
	taken[key] = true
	made := &enum{key[0], key[1], f.Enum}
	e.byField[f], e.all = made, append(e.all, made)
}

// origin is the stored field that a declared view's column shows, as far as the actor may see it.
func origin(v *schema.View, f *schema.Field) *schema.Field {
	for f.Collection.View != nil {
		source := f.Collection.View.Fields[f.Ordinal].Field
		if source == nil {
			return f
		}
		cv, ok := v.Of(source.Collection)
		if !ok || !cv.CanRead(source) {
			return f
		}
		f = source
	}
	return f
}

// of are a namespace's.
func (e *enums) of(space string) []*enum {
	var out []*enum
	for _, x := range e.all {
		if x.space == space {
			out = append(out, x)
		}
	}
	return out
}

func (g *generator) enum(e *enum) { g.line("%s: %s", property(e.name), quoted(e.words, " | ")) }

// constants are the words as values, for programs that list them.
func (g *generator) constants() {
	g.block("export const Constants = {", "} as const", func() {
		for _, space := range g.view.Catalog.Namespaces {
			named := g.enums.of(space)
			g.block(property(g.view.Catalog.WireName(space))+": {", "},", func() {
				if len(named) == 0 {
					g.line("Enums: {},")
					return
				}
				g.block("Enums: {", "},", func() {
					for _, e := range named {
						g.line("%s: [%s],", property(e.name), quoted(e.words, ", "))
					}
				})
			})
		}
	})
}
