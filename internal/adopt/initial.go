package adopt

import (
	"encoding/json"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// initial is what a project makes of a default: the YAML of `default:`, "" with identity for a sequence; ok is false where a project
// has no such default.
func initial(expression string, k kind) (yaml string, identity, ok bool) {
	n, err := parse(expression)
	if err != nil {
		return "", false, false
	}
	for n.op == "cast" {
		n = n.args[0]
	}
	switch {
	case n.op == "call" && n.text == "nextval":
		return "", k.name == "int" && !k.list, k.name == "int" && !k.list
	case n.op == "null":
		return "", false, true
	}
	if word := keyword(n); word != "" {
		fits := map[string]string{"now": "timestamp", "today": "date", "uuid": "uuid", "auth.uid": "uuid"}[word] == k.name || word == "now" && k.name == "date"
		return word, false, fits && !k.list
	}
	yaml, ok = literalYAML(n, k)
	return yaml, false, ok
}

// keyword is the default that is computed for a function's call, "" where there is none.
func keyword(n *node) string {
	name := n.text
	if n.op != "call" && n.op != "column" {
		return ""
	}
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP":
		return "now"
	case "timezone":
		if len(n.args) == 2 && n.args[0].op == "cast" && strings.EqualFold(n.args[0].args[0].text, "utc") {
			return keyword(n.args[1])
		}
	case "CURRENT_DATE":
		return "today"
	case "gen_random_uuid", "uuid_generate_v4", "uuidv4", "uuidv7":
		return "uuid"
	}
	if name == "auth.uid" && len(n.args) == 0 {
		return "auth.uid"
	}
	return ""
}

// literalYAML is a literal as a project writes it for a type.
func literalYAML(n *node, k kind) (string, bool) {
	sign := ""
	if n.op == "neg" {
		sign, n = "-", n.args[0]
		for n.op == "cast" {
			n = n.args[0]
		}
	}
	text := sign + n.text
	switch n.op {
	case "true", "false":
		return n.op, k.name == "bool" && !k.list
	case "list":
		return listYAML(n, k)
	case "number", "string":
	default:
		return "", false
	}
	if k.list {
		return parsedYAML(k, text)
	}
	switch k.name {
	case "json":
		canonical, err := value.CanonicalJSON([]byte(text))
		if err != nil || canonical == "null" {
			return "", false
		}
		if strings.HasPrefix(canonical, `"`) {
			var s string
			err := json.Unmarshal([]byte(canonical), &s)
			return quote(guardWord(s)), err == nil
		}
		return canonical, true
	case "int", "decimal":
		return text, numeral(text)
	case "float":
		return text, numeral(text)
	case "bool":
		b, known := map[string]string{"t": "true", "f": "false", "true": "true", "false": "false"}[text]
		return b, known
	case "enum":
		return scalar(text), true
	case "text":
		return quote(guardWord(text)), true
	case "date", "timestamp", "uuid":
		_, err := value.Parse(value.Type{Kind: kinds[k.name]}, text)
		return quote(text), err == nil
	}
	return "", false
}

// guardWord puts a text in quotes of its own that would be a default to compute.
func guardWord(s string) string {
	switch strings.Trim(s, "'") {
	case "now", "today", "uuid", "auth.uid":
		return "'" + s + "'"
	}
	return s
}

var kinds = map[string]value.Kind{
	"text": value.Text, "int": value.Int, "float": value.Float, "decimal": value.Decimal, "bool": value.Bool, "uuid": value.UUID,
	"timestamp": value.Timestamp, "date": value.Date, "json": value.JSON, "bytes": value.Bytes, "enum": value.Text,
}

// parsedYAML reads '{a,b}'.
func parsedYAML(k kind, text string) (string, bool) {
	t := value.Type{Kind: kinds[k.name], List: true}
	if k.name == "decimal" {
		t.Precision, t.Scale = uint8(k.precision), uint8(k.scale)
	}
	v, err := value.Parse(t, text)
	if err != nil || v.IsNull() {
		return "", false
	}
	return string(value.AppendJSON(nil, t, v)), true
}

func listYAML(n *node, k kind) (string, bool) {
	one := k
	one.list = false
	var parts []string
	for _, a := range n.args {
		for a.op == "cast" {
			a = a.args[0]
		}
		text, ok := literalYAML(a, one)
		if !ok || !k.list {
			return "", false
		}
		parts = append(parts, text)
	}
	return "[" + strings.Join(parts, ", ") + "]", k.list
}
