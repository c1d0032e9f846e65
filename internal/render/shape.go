// Package render owns the one writer of responses: typed rows → canonical JSON, NDJSON and CSV, the same bytes whatever
// engine the rows came from. It knows plans and values; it refuses to know SQL, requests and HTTP.
package render

import (
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// Shape is a level's output with its keys already written. It is immutable and may be kept beside the plan.
type Shape struct {
	members []member
}

type form uint8

const (
	leaf form = iota
	one
	many
	spread
)

// member is one key of an object.
type member struct {
	form    form
	name    string
	key     []byte // "name":
	leaf    *plan.Leaf
	out     value.Type
	present int
	child   int
	single  bool
	object  *Shape  // one, many
	inner   *member // spread: the member of the child's object whose values make the array
}

// Compile prepares a level for writing.
func Compile(l *plan.Level) *Shape { return compileObject(l, l.Object) }

func compileObject(l *plan.Level, o *plan.Object) *Shape {
	s := &Shape{members: make([]member, 0, len(o.Members))}
	for _, m := range o.Members {
		switch m := m.(type) {
		case *plan.Leaf:
			s.members = append(s.members, compileLeaf(m))
		case *plan.One:
			s.members = append(s.members, member{form: one, name: m.Name, key: keyOf(m.Name), present: m.Present,
				object: compileObject(l, m.Object)})
		case *plan.Many:
			child := l.Children[m.Child]
			s.members = append(s.members, member{form: many, name: m.Name, key: keyOf(m.Name), child: m.Child,
				single: child.Single, object: Compile(child.Level)})
		case *plan.Spread:
			s.members = append(s.members, compileSpread(l.Children[m.Child], m.Child)...)
		}
	}
	return s
}

func compileLeaf(l *plan.Leaf) member {
	return member{form: leaf, name: l.Name, key: keyOf(l.Name), leaf: l, out: l.Out()}
}

// compileSpread makes one member for each of the child's; a spread within a spread makes arrays of arrays.
func compileSpread(child *plan.Child, at int) []member {
	inner := Compile(child.Level).members
	out := make([]member, len(inner))
	for i := range inner {
		out[i] = member{form: spread, name: inner[i].name, key: inner[i].key, child: at, single: child.Single, inner: &inner[i]}
	}
	return out
}

func keyOf(name string) []byte { return append(value.AppendJSONString(nil, name), ':') }
