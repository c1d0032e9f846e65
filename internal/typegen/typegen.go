// Package typegen owns the client's types: it writes, as TypeScript, what a schema.View lets be read, written and embedded, in
// the form supabase-js takes. It decides what a field's type, its nullability and its presence look like to a program. It knows
// nothing of files, requests or who is asking: the view it is given has been chosen.
package typegen

import (
	"strings"

	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/schema"
)

// client is the newest server version whose abilities supabase-js tells apart; what it knows of this one, the server can do.
const client = "14"

// Source is what types are made from.
type Source struct {
	View      *schema.View
	Functions []*function.Function // those that may be called
	For       string               // whose view it is, for the file's first line
}

// TypeScript is the Database type of a view, with the names that go with it. Equal sources give equal text.
func TypeScript(s Source) string {
	g := &generator{view: s.View, functions: s.Functions, enums: nameEnums(s.View)}
	g.line("// The types of the data API for %s, written by `socle types`. Changes made here are lost.", s.For)
	g.line("")
	g.line("export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]")
	g.line("")
	g.block("export type Database = {", "}", func() {
		g.line("/** Which abilities of the server the client may count on. */")
		g.line("__InternalSupabase: { PostgrestVersion: %s }", quote(client))
		for _, space := range s.View.Catalog.Namespaces {
			g.namespace(space)
		}
	})
	g.line("")
	g.text.WriteString(strings.ReplaceAll(names, "DEFAULT", quote(s.View.Catalog.WireNames()[0])))
	g.line("")
	g.constants()
	return g.text.String()
}

// generator writes one text.
type generator struct {
	printer
	view      *schema.View
	functions []*function.Function
	enums     *enums
}

func (g *generator) namespace(space string) {
	var tables, views []*schema.CollectionView
	for _, name := range g.view.Names(space) {
		switch cv, _ := g.view.Collection(space, name); {
		case !g.shows(cv):
		case cv.Collection.View != nil:
			views = append(views, cv)
		default:
			tables = append(tables, cv)
		}
	}
	g.block(property(g.view.Catalog.WireName(space))+": {", "}", func() {
		g.group("Tables", len(tables), func() { each(tables, g.table) })
		g.group("Views", len(views), func() { each(views, g.viewed) })
		calls := g.calls(space, append(tables, views...))
		g.group("Functions", len(calls), func() { each(calls, g.call) })
		named := g.enums.of(space)
		g.group("Enums", len(named), func() { each(named, g.enum) })
		g.group("CompositeTypes", 0, nil)
	})
}

// shows reports whether anything of the collection can be named at all.
func (g *generator) shows(cv *schema.CollectionView) bool {
	for _, f := range cv.Collection.Fields {
		if cv.CanRead(f) || cv.CanWrite(f) {
			return true
		}
	}
	return false
}

// group writes one of a namespace's groups; an empty one is the object without members.
func (g *generator) group(name string, members int, write func()) {
	g.block(name+": {", "}", func() {
		if members == 0 {
			g.line("[_ in never]: never")
			return
		}
		write()
	})
}

func each[T any](of []T, do func(T)) {
	for _, x := range of {
		do(x)
	}
}
