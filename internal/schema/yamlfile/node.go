// Package yamlfile owns reading a project's YAML: bounded parsing into positioned nodes, collection files into a
// schema.Spec, and the printing of problems with the offending line. It knows the keys a file may hold and the shape of
// their values; what they mean together is package schema's.
package yamlfile

import (
	"encoding/json"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
)

// Kind is what a YAML node is after YAML's own rules for plain scalars.
type Kind uint8

// The kinds of node.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Map
	List
)

var kindNames = [...]string{"nothing", "true or false", "a number", "a number", "text", "a mapping", "a list"}

// String names the kind for a message: "a list".
func (k Kind) String() string { return kindNames[k] }

// Style says how a scalar was written.
type Style uint8

// The styles of a scalar.
const (
	Plain Style = iota
	Quoted
	Block
)

// Node is one positioned YAML value. Aliases, tags and merges do not exist: they are refused when parsing.
type Node struct {
	Kind   Kind
	Style  Style
	Text   string // scalars
	Pos    schema.Pos
	Indent int    // of a block scalar's lines
	Pairs  []Pair // Map, in written order, keys distinct
	Items  []*Node
}

// Pair is one entry of a mapping.
type Pair struct {
	Key   schema.Word
	Value *Node
}

// TextPos is the place of a scalar's first character, behind an opening quote.
func (n *Node) TextPos() schema.Pos {
	p := n.Pos
	if n.Style == Quoted {
		p.Column++
	}
	return p
}

// Get finds a mapping's entry.
func (n *Node) Get(key string) (*Node, bool) {
	for _, p := range n.Pairs {
		if p.Key.Text == key {
			return p.Value, true
		}
	}
	return nil, false
}

// JSON writes the node as JSON. Numbers keep their digits; one that JSON does not know is written as text.
func (n *Node) JSON() string {
	var b strings.Builder
	n.writeJSON(&b)
	return b.String()
}

func (n *Node) writeJSON(b *strings.Builder) {
	switch n.Kind {
	case Null:
		b.WriteString("null")
	case Map:
		for i, p := range n.Pairs {
			b.WriteByte("{,"[min(i, 1)])
			b.WriteString(quote(p.Key.Text) + ":")
			p.Value.writeJSON(b)
		}
		b.WriteString("{}"[min(len(n.Pairs), 1):])
	case List:
		for i, item := range n.Items {
			b.WriteByte("[,"[min(i, 1)])
			item.writeJSON(b)
		}
		b.WriteString("[]"[min(len(n.Items), 1):])
	case Bool:
		b.WriteString(strings.ToLower(n.Text))
	case Int, Float:
		if json.Valid([]byte(n.Text)) {
			b.WriteString(n.Text)
			return
		}
		b.WriteString(quote(n.Text))
	default:
		b.WriteString(quote(n.Text))
	}
}

func quote(s string) string {
	raw, _ := json.Marshal(s) // a string always encodes
	return string(raw)
}
