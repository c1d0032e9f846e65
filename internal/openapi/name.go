package openapi

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/socle-hq/socle/internal/schema"
)

// token is a wire name in the alphabet of component names and operation ids. Two names never give one token: what does not
// belong to the alphabet is written as its code point.
func token(name string) string {
	var out strings.Builder
	for _, r := range name {
		if r == '_' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, "-%x-", r)
		}
	}
	return out.String()
}

// reserved are the parameters that are no filters; a column of that name is filtered by its quoted name.
var reserved = map[string]bool{"select": true, "columns": true, "on_conflict": true, "order": true, "limit": true,
	"offset": true, "and": true, "or": true, "not": true, "count": true}

// spelled is a name as a request writes it: in quotes where it would mean something else without.
func spelled(name string) string {
	plain := !reserved[name] && strings.TrimSpace(name) == name
	for i, r := range name {
		switch {
		case r == '_', r == '$', r == ' ', unicode.IsLetter(r), unicode.IsMark(r), r >= '0' && r <= '9':
		case r == '-' && i > 0 && i < len(name)-1:
			plain = plain && name[i+1] != '-'
		default:
			plain = false
		}
	}
	if plain {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// listed quotes a value for in.( ) and for columns=.
func listed(text string) string {
	if text != "" && !strings.ContainsAny(text, `,()"\ {}.:`) {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// embeds are the relations of a collection by the words a select says.
func embeds(cv *schema.CollectionView) []embed {
	var out []embed
	for _, r := range cv.Relations() {
		if word := saying(cv, r); word != "" {
			out = append(out, embed{word: word, to: r.To, one: r.ToOne()})
		}
	}
	return out
}

// saying is the word for a relation: its name, where that has no other meaning; else the collection it leads to and, as a hint,
// the foreign key or the junction. To a collection of another namespace the foreign key's own name leads; "" where nothing does.
func saying(cv *schema.CollectionView, r *schema.Relation) string {
	near := r.To.Namespace == r.From.Namespace
	switch {
	case r.Declared, unique(cv, r) && (near || r.Forward):
		return spelled(r.Name)
	case near:
		return spelled(r.To.Name) + "!" + spelled(way(r))
	case r.FK != nil:
		return spelled(r.FK.Name)
	}
	return ""
}

type embed struct {
	word string
	to   *schema.Collection
	one  bool
}

func way(r *schema.Relation) string {
	if r.Junction != nil {
		return r.Junction.Collection.Name
	}
	return r.FK.Name
}

// unique reports whether a relation's own name leads to it alone.
func unique(cv *schema.CollectionView, r *schema.Relation) bool {
	n := 0
	for _, other := range cv.Relations() {
		if other.Name == r.Name || other.To.Name == r.Name {
			n++
		}
	}
	return n == 1
}
