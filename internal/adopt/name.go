package adopt

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/socle-hq/socle/internal/schema"
)

// names hands out the names of one place, each once. Names that differ in ASCII case alone are taken for the same.
type names struct{ taken map[string]bool }

func newNames(taken ...string) *names {
	n := &names{map[string]bool{}}
	for _, t := range taken {
		n.taken[t] = true
	}
	return n
}

// unique is the name, or the first of name_2, name_3 … that is free.
func (n *names) unique(name string) string {
	const longest = 63
	out := name
	for i := 2; n.taken[strings.ToLower(out)]; i++ {
		end := fmt.Sprintf("_%d", i)
		out = clip(name, longest-len(end)) + end
	}
	n.taken[strings.ToLower(out)] = true
	return out
}

// clip cuts a text to so many bytes, between characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// expressionWords mean something else in expressions.
var expressionWords = map[string]bool{"in": true, "true": true, "false": true, "null": true}

// keyFor is what a project calls something by another name: createdAt is created_at, "Order Lines" is order_lines. what stands where
// nothing of a name is left.
func keyFor(name, what string) string {
	if schema.ValidKey(name) && !expressionWords[name] {
		return name
	}
	var b strings.Builder
	last := rune('_')
	for _, r := range name {
		switch lower := unicode.ToLower(r); {
		case lower >= 'a' && lower <= 'z' || lower >= '0' && lower <= '9':
			if lower != r && (last >= 'a' && last <= 'z' || last >= '0' && last <= '9') {
				b.WriteByte('_')
			}
			b.WriteRune(lower)
		default:
			if last != '_' && b.Len() > 0 {
				b.WriteByte('_')
			}
			r = '_'
		}
		last = r
	}
	key := strings.Trim(b.String(), "_")
	for strings.Contains(key, "__") {
		key = strings.ReplaceAll(key, "__", "_")
	}
	switch {
	case key == "":
		return what
	case key[0] >= '0' && key[0] <= '9':
		key = what + "_" + key
	case expressionWords[key]:
		key += "_"
	}
	return clip(key, 63)
}

// wireFor is what a name is on the wire and in the database: itself, where the product has no use of its own for such names.
func wireFor(name string) string {
	bare := strings.TrimLeft(name, "_")
	switch {
	case bare == "":
		return "unnamed"
	case strings.HasPrefix(strings.ToLower(bare), "sqlite_"):
		return "x_" + bare
	}
	return bare
}

// spaceFor is the folder of a schema's collections.
func spaceFor(name string) string {
	key := keyFor(name, "schema")
	for _, kept := range []string{"auth", "public", "socle", "information_schema"} {
		if key == kept {
			return key + "_schema"
		}
	}
	if strings.HasPrefix(key, "pg_") || strings.HasPrefix(key, "sqlite_") {
		return "x_" + key
	}
	return key
}
