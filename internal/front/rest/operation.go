package rest

import (
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/schema"
)

// operation is a condition's operator with the value it has where the text is written, or is an argument or a reference that
// stands for one.
type operation struct {
	syntax.Operation

	pending bool        // the value is a reference or an argument that has no value yet
	arg     *schema.Arg // the value is an argument's
	isNull  bool        // and the argument is NULL
	listed  bool        // the value is List, not Text
	missing bool        // an element of List was NULL and is left out
}

// operations are those in which something stands for a value, beside the tree that says what was written.
type operations map[*syntax.Leaf]operation

// of is the operation of a condition.
func (s operations) of(f *syntax.Leaf) operation {
	if o, ok := s[f]; ok {
		return o
	}
	return operation{Operation: f.Op}
}
