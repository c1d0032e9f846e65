package adopt

import (
	"slices"
	"strings"
)

// translator makes CEL of expressions over the columns of one table, where the meaning is the same to the last row.
type translator struct {
	columns map[string]operand // by the column's name; what is not here has no translation
}

// operand is a value in CEL.
type operand struct {
	text    string
	kind    string // the project's type; an enum is text
	literal bool
	raw     string   // of a literal
	nulls   []string // the columns that make it NULL
	list    bool
}

// check translates a constraint's condition.
func (t *translator) check(expression string) (string, error) {
	n, err := parse(expression)
	if err != nil {
		return "", err
	}
	text, err := t.condition(n, notFalse)
	return unwrapped(text), err
}

// where translates a view's condition.
func (t *translator) where(n *node) (string, error) {
	text, err := t.condition(n, asItIs)
	return unwrapped(text), err
}

// unwrapped takes one pair of parentheses off that holds the whole.
func unwrapped(s string) string {
	if !strings.HasPrefix(s, "(") || !strings.HasSuffix(s, ")") {
		return s
	}
	depth, inText := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case inText && s[i] == '\\':
			i++
		case s[i] == '\'':
			inText = !inText
		case inText:
		case s[i] == '(':
			depth++
		case s[i] == ')':
			if depth--; depth == 0 && i < len(s)-1 {
				return s
			}
		}
	}
	return s[1 : len(s)-1]
}

func (t *translator) scalar(n *node) (operand, error) {
	switch n.op {
	case "column":
		x, ok := t.columns[n.text]
		if !ok || x.list {
			return x, errUnread
		}
		return x, nil
	case "number":
		kind := "int"
		if strings.Contains(n.text, ".") {
			kind = "decimal"
		}
		return operand{text: n.text, kind: kind, literal: true, raw: n.text}, nil
	case "string":
		return operand{text: celText(n.text), kind: "text", literal: true, raw: n.text}, nil
	case "true", "false":
		return operand{text: n.op, kind: "bool", literal: true, raw: n.op}, nil
	case "neg":
		return t.negative(n)
	case "cast":
		return t.cast(n)
	case "call":
		return t.call(n)
	case "+", "-", "*":
		return t.arithmetic(n)
	}
	return operand{}, errUnread
}

func (t *translator) negative(n *node) (operand, error) {
	x, err := t.scalar(n.args[0])
	if err != nil || x.kind != "int" && x.kind != "decimal" {
		return x, errUnread
	}
	x.raw = "-" + x.raw
	if x.text = "-" + x.text; !x.literal {
		x.text = "(" + x.text + ")"
	}
	return x, nil
}

// families are PostgreSQL's types by what they are in a project.
var families = map[string]string{
	"integer": "int", "bigint": "int", "smallint": "int", "numeric": "decimal", "double precision": "float", "text": "text",
	"character varying": "text", "name": "text", "date": "date", "uuid": "uuid", "boolean": "bool",
	"bpchar": "text", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamp",
}

// cast lets through what changes no value, and literals.
func (t *translator) cast(n *node) (operand, error) {
	x, err := t.scalar(n.args[0])
	if err != nil {
		return x, err
	}
	to, known := families[n.text]
	switch {
	case x.literal && x.kind == "text" && (to == "int" || to == "decimal"):
		if !numeral(x.raw) {
			return x, errUnread
		}
		x.text, x.kind = x.raw, to
	case x.literal && x.kind == "text" && to == "float":
		if !numeral(x.raw) {
			return x, errUnread
		}
		x.text, x.kind = "float("+x.raw+")", to
	case x.literal && x.kind == "text" && known && to != "bool":
		x.kind = to
	case x.literal && x.kind == "text" && !known: // an enum's value; the project's own check finds one that is none
		if strings.Contains(n.text, "(") || strings.HasSuffix(n.text, "[]") || !strings.Contains(n.text, ".") {
			return x, errUnread
		}
	case x.kind == to && n.text != "bpchar", x.kind == "int" && to == "decimal":
	case (x.kind == "int" || x.kind == "decimal") && to == "float":
		x.text, x.kind = "float("+x.text+")", to
	default:
		return x, errUnread
	}
	return x, nil
}

// numeral reports whether a text is a number as CEL writes it.
func numeral(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	digits := func(s string) bool {
		return s != "" && span(s, func(b byte) bool { return b >= '0' && b <= '9' }) == len(s)
	}
	return digits(whole) && (!point || digits(fraction))
}

func (t *translator) arithmetic(n *node) (operand, error) {
	a, err := t.scalar(n.args[0])
	b, err2 := t.scalar(n.args[1])
	exact := func(x operand) bool { return x.kind == "int" || x.kind == "decimal" }
	if err != nil || err2 != nil || !exact(a) || !exact(b) {
		return a, errUnread
	}
	kind := "int"
	if a.kind == "decimal" || b.kind == "decimal" {
		kind = "decimal"
	}
	return operand{text: "(" + a.text + " " + n.op + " " + b.text + ")", kind: kind, nulls: union(a.nulls, b.nulls)}, nil
}

func (t *translator) call(n *node) (operand, error) {
	switch n.text {
	case "length", "char_length", "character_length":
		return t.size(n, "text")
	case "octet_length":
		return t.size(n, "bytes")
	case "cardinality":
		if len(n.args) != 1 || n.args[0].op != "column" {
			return operand{}, errUnread
		}
		x, ok := t.columns[n.args[0].text]
		if !ok || !x.list {
			return x, errUnread
		}
		return operand{text: "size(" + x.text + ")", kind: "int", nulls: x.nulls}, nil
	case "num_nonnulls", "num_nulls":
		return t.counted(n)
	}
	return operand{}, errUnread
}

func (t *translator) size(n *node, of string) (operand, error) {
	if len(n.args) != 1 {
		return operand{}, errUnread
	}
	x, err := t.scalar(n.args[0])
	if err != nil || x.kind != of || x.literal {
		return x, errUnread
	}
	return operand{text: "size(" + x.text + ")", kind: "int", nulls: x.nulls}, nil
}

// counted is how many of its columns are NULL, or are not; it never is itself.
func (t *translator) counted(n *node) (operand, error) {
	there, absent := "1", "0"
	if n.text == "num_nulls" {
		there, absent = absent, there
	}
	var parts []string
	for _, a := range n.args {
		x, ok := t.columns[a.text]
		if a.op != "column" || !ok {
			return operand{}, errUnread
		}
		parts = append(parts, "("+x.text+" != null ? "+there+" : "+absent+")")
	}
	if len(parts) == 0 {
		return operand{}, errUnread
	}
	return operand{text: "(" + strings.Join(parts, " + ") + ")", kind: "int"}, nil
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// celText is a text as CEL writes it.
func celText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + "'"
}
