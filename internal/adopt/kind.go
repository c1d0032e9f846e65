package adopt

import (
	"fmt"
	"strings"
)

// form is how a column's values are given in a file of rows.
type form string

const (
	plain  form = "plain"
	asText form = "text"
	number form = "number"
	base64 form = "bytes"
)

// kind is what a project makes of a type.
type kind struct {
	name             string // text, int, …; enum is text with values
	precision, scale int
	values           []string
	most             int // characters; 0: no limit
	list             bool
	form             form
	same             bool   // comparing and measuring means the same as in PostgreSQL
	note             string // what is different, and what was done
}

// plainKinds are the types that a project has as they are.
var plainKinds = map[string]kind{
	"int2": {name: "int", same: true}, "int4": {name: "int", same: true}, "int8": {name: "int", same: true}, "oid": {name: "int", same: true},
	"float8": {name: "float", same: true}, "float4": {name: "float"}, "bool": {name: "bool", same: true}, "text": {name: "text", same: true},
	"varchar": {name: "text", same: true}, "name": {name: "text", same: true}, "uuid": {name: "uuid", same: true},
	"date": {name: "date", same: true}, "timestamptz": {name: "timestamp", same: true}, "jsonb": {name: "json"},
	"json":  {name: "json"},
	"bytea": {name: "bytes", form: base64, same: true},
	"timestamp": {name: "timestamp", same: true,
		note: "a timestamp without time zone: kept as a timestamp, its values taken as UTC"},
	"citext": {name: "text", note: "citext: kept as text, which tells capitals apart; unique constraints on it do too"},
	"bpchar": {name: "text"},
	"hstore": {name: "text", form: asText, note: "hstore: kept as its text"},
}

// kindOf is what a project makes of a type; ok is false where nothing holds its values without loss.
func (db *Database) kindOf(id int64, modifier, dimensions int, m *Measure) kind {
	t, ok := db.Types[id]
	if !ok {
		return kind{name: "text", form: asText, note: "a type that the catalogue does not have: kept as its text"}
	}
	switch {
	case t.Kind == "d":
		k := db.kindOf(t.Base, t.Modifier, t.Dimensions, m)
		k.note = join("; ", fmt.Sprintf("the domain %s: kept as %s", t.Shown, k.shown()), k.note)
		return k
	case t.Kind == "e":
		return enumKind(t)
	case t.Kind == "c":
		return kind{name: "json", note: "the composite type " + t.Shown + ": kept as a JSON object"}
	case t.Element != 0:
		return db.listKind(t, modifier, dimensions, m)
	case t.Kind != "b":
		return kind{name: "text", form: asText, note: t.Shown + ": kept as its text, without its operators"}
	}
	return db.baseKind(t, modifier, m)
}

func (db *Database) baseKind(t *Type, modifier int, m *Measure) kind {
	if k, ok := plainKinds[t.Name]; ok {
		if k.form == "" {
			k.form = plain
		}
		if (t.Name == "varchar" || t.Name == "bpchar") && modifier > 4 {
			k.most = modifier - 4
		}
		if t.Name == "bpchar" {
			k.same = k.most == 1
			k.note = fmt.Sprintf("char(%d): kept as text of at most so many characters, padded as it is; blanks at the end count", k.most)
		}
		return k
	}
	switch t.Name {
	case "numeric":
		return numericKind(modifier, m)
	case "money":
		return kind{name: "decimal", precision: 19, scale: db.MoneyDigits, form: number, note: fmt.Sprintf("money: kept as decimal(19, %d)", db.MoneyDigits)}
	}
	return kind{name: "text", form: asText, note: t.Shown + ": kept as its text, without its operators"}
}

// the greatest precision, and the scale of numbers of which none is there yet.
const (
	mostDigits = 38
	someScale  = 6
)

// numericKind: without a declared scale it is that of the values that are there.
func numericKind(modifier int, m *Measure) kind {
	if modifier >= 4 {
		precision, scale := (modifier-4)>>16&0xffff, (modifier-4)&0x7ff
		if scale >= 1024 { // a negative one, which PostgreSQL 15 has
			precision, scale = precision+2048-scale, 0
		}
		if precision = max(precision, scale); precision <= mostDigits {
			return kind{name: "decimal", precision: precision, scale: scale, form: plain, same: true}
		}
		return kind{name: "text", form: asText, note: fmt.Sprintf("numeric(%d, %d): more than %d digits, kept as text", precision, scale, mostDigits)}
	}
	scale, known := someScale, m != nil && m.Values > 0
	if known {
		scale = m.Scale
	}
	switch {
	case known && (m.Special || m.Digits+m.Scale > mostDigits):
		return kind{name: "text", form: asText, note: "numeric with NaN, an infinity or more than 38 digits: kept as text"}
	case known:
		return kind{name: "decimal", precision: mostDigits, scale: scale, form: plain, same: true,
			note: fmt.Sprintf("numeric without a scale: decimal(%d, %d), which holds every value that is there; others are rounded", mostDigits, scale)}
	}
	return kind{name: "decimal", precision: mostDigits, scale: scale, form: plain, same: true,
		note: fmt.Sprintf("numeric without a scale, and no values to go by: decimal(%d, %d)", mostDigits, scale)}
}

func enumKind(t *Type) kind {
	for _, l := range t.Labels {
		if l == "" {
			return kind{name: "text", form: plain, note: "the enum " + t.Shown + " has an empty value: kept as text"}
		}
	}
	if len(t.Labels) == 0 {
		return kind{name: "text", form: plain, note: "the enum " + t.Shown + " has no values: kept as text"}
	}
	return kind{name: "enum", values: t.Labels, form: plain, same: true}
}

func (db *Database) listKind(t *Type, modifier, dimensions int, m *Measure) kind {
	k := db.kindOf(t.Element, modifier, 0, m)
	if dimensions > 1 || k.name == "json" && db.Types[t.Element].Kind == "c" {
		return kind{name: "json", form: plain, note: t.Shown + ": kept as a JSON array"}
	}
	if k.list { // a domain over a list
		return kind{name: "json", form: plain, note: t.Shown + ": kept as JSON"}
	}
	k.list, k.most = true, 0
	return k
}

// unscaled reports whether a column holds numbers without a scale, and whether these are in lists.
func (db *Database) unscaled(c *Column) (is, list bool) {
	t, modifier := db.Types[c.Type], c.Modifier
	for t != nil {
		switch {
		case t.Kind == "d":
			t, modifier = db.Types[t.Base], t.Modifier
		case t.Element != 0 && !list:
			t, list = db.Types[t.Element], true
		default:
			return t.Name == "numeric" && modifier < 4, list
		}
	}
	return false, list
}

// shown is a kind as a note names it.
func (k kind) shown() string {
	out := k.name
	if k.name == "decimal" {
		out = fmt.Sprintf("decimal(%d, %d)", k.precision, k.scale)
	}
	if k.list {
		out = "a list of " + out
	}
	return out
}

// declaration is the members of a field that say its type.
func (k kind) declaration() []member {
	var out []member
	if k.name == "enum" {
		out = append(out, member{"enum", flow(k.values)})
	} else {
		out = append(out, member{"type", k.name})
	}
	if k.name == "decimal" {
		out = append(out, member{"precision", fmt.Sprint(k.precision)}, member{"scale", fmt.Sprint(k.scale)})
	}
	if k.list {
		out = append(out, member{"list", "true"})
	}
	return out
}

func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}
