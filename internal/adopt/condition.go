package adopt

import (
	"strings"

	"github.com/socle-hq/socle/internal/pattern"
)

// A condition of PostgreSQL's holds where it is not false; one of a project's where it is true. So each is translated in one of
// three ways.
type way uint8

const (
	asItIs   way = iota // true, false and NULL as in PostgreSQL: views
	notFalse            // true where the original is true or NULL: checks
	notTrue             // true where it is false or NULL: below NOT
)

// condition translates n. The error says that it has no translation that means exactly the same.
func (t *translator) condition(n *node, w way) (string, error) {
	switch n.op {
	case "and", "or":
		return t.joined(n, w)
	case "not":
		return t.negated(n.args[0], w)
	case "true", "false":
		return literalTruth(n.op == "true", w), nil
	case "null?":
		return t.isNull(n.args[0], w)
	case "is true":
		return t.isTrue(n.args[0], w)
	}
	leaf, err := t.leaf(n)
	if err != nil {
		return "", err
	}
	switch w {
	case notFalse:
		return guarded(leaf.nulls, leaf.text), nil
	case notTrue:
		return guarded(leaf.nulls, "!("+leaf.text+")"), nil
	}
	return leaf.text, nil
}

func literalTruth(is bool, w way) string {
	if is != (w == notTrue) {
		return "true"
	}
	return "false"
}

// guarded is true also where one of the operands is NULL.
func guarded(nulls []string, text string) string {
	if len(nulls) == 0 {
		return text
	}
	return "(" + strings.Join(nulls, " == null || ") + " == null || " + text + ")"
}

func (t *translator) joined(n *node, w way) (string, error) {
	a, err := t.condition(n.args[0], w)
	if err != nil {
		return "", err
	}
	b, err := t.condition(n.args[1], w)
	if err != nil {
		return "", err
	}
	if (n.op == "and") != (w == notTrue) {
		return "(" + a + " && " + b + ")", nil
	}
	return "(" + a + " || " + b + ")", nil
}

func (t *translator) negated(n *node, w way) (string, error) {
	switch w {
	case notFalse:
		return t.condition(n, notTrue)
	case notTrue:
		return t.condition(n, notFalse)
	}
	inner, err := t.condition(n, asItIs)
	return "!(" + inner + ")", err
}

func (t *translator) isNull(n *node, w way) (string, error) {
	x, err := t.scalar(n)
	if err != nil || n.op != "column" {
		return "", errUnread
	}
	if w == notTrue {
		return x.text + " != null", nil
	}
	return x.text + " == null", nil
}

// isTrue is never NULL.
func (t *translator) isTrue(n *node, w way) (string, error) {
	fails, err := t.condition(n, notTrue)
	if w == notTrue {
		return fails, err
	}
	return "!(" + fails + ")", err
}

// leaf is a condition that is NULL exactly where one of its operands is.
func (t *translator) leaf(n *node) (x operand, err error) {
	switch n.op {
	case "=", "<>", "<", "<=", ">", ">=":
		return t.comparison(n)
	case "any", "all":
		return t.member(n)
	case "~", "!~":
		return t.match(n)
	case "~~", "!~~":
		return t.like(n)
	case "column", "call", "cast":
		x, err = t.scalar(n)
		if err == nil && x.kind != "bool" {
			err = errUnread
		}
		return x, err
	}
	return x, errUnread
}

var comparisons = map[string]string{"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (t *translator) comparison(n *node) (operand, error) {
	a, err := t.scalar(n.args[0])
	if err != nil {
		return a, err
	}
	b, err := t.scalar(n.args[1])
	if err != nil {
		return b, err
	}
	if a, b, err = meet(a, b); err != nil {
		return a, err
	}
	ordered := n.op != "=" && n.op != "<>"
	if ordered && (a.kind == "text" || a.kind == "bool" || a.kind == "uuid" || a.kind == "bytes") { // by collation there, by code point here
		return a, errUnread
	}
	return operand{text: a.text + " " + comparisons[n.op] + " " + b.text, kind: "bool", nulls: union(a.nulls, b.nulls)}, nil
}

// meet gives two operands types that may be compared.
func meet(a, b operand) (operand, operand, error) {
	switch {
	case a.literal && b.literal:
		return a, b, errUnread
	case a.literal:
		b, a, err := meet(b, a)
		return a, b, err
	case a.kind == "float" && (b.kind == "int" || b.kind == "decimal"):
		b.text, b.kind = "float("+b.text+")", "float"
	case b.kind == "float" && (a.kind == "int" || a.kind == "decimal"):
		a.text, a.kind = "float("+a.text+")", "float"
	}
	numeric := func(k string) bool { return k == "int" || k == "decimal" }
	if b.literal && b.kind == "text" && a.kind != "int" && a.kind != "decimal" && a.kind != "float" && a.kind != "bool" {
		b.kind = a.kind
	}
	if a.kind != b.kind && !(numeric(a.kind) && numeric(b.kind)) || a.kind == "json" {
		return a, b, errUnread
	}
	return a, b, nil
}

// member reads x = ANY (ARRAY[…]) and x <> ALL (ARRAY[…]) with literals.
func (t *translator) member(n *node) (operand, error) {
	x, err := t.scalar(n.args[0])
	list := n.args[1]
	for err == nil && list.op == "cast" && strings.HasSuffix(list.text, "[]") {
		list = list.args[0]
	}
	if err != nil || list.op != "list" || len(list.args) == 0 || x.literal || n.op+n.text != "any=" && n.op+n.text != "all<>" {
		return x, errUnread
	}
	var texts []string
	for _, e := range list.args {
		v, err := t.scalar(e)
		if err != nil || !v.literal {
			return x, errUnread
		}
		if _, v, err = meet(x, v); err != nil {
			return x, err
		}
		texts = append(texts, v.text)
	}
	text := x.text + " in [" + strings.Join(texts, ", ") + "]"
	if n.op == "all" {
		text = "!(" + text + ")"
	}
	return operand{text: text, kind: "bool", nulls: x.nulls}, nil
}

func (t *translator) match(n *node) (operand, error) {
	x, err := t.scalar(n.args[0])
	of, err2 := t.scalar(n.args[1])
	if err != nil || err2 != nil || x.kind != "text" || x.literal || !of.literal || of.kind != "text" {
		return x, errUnread
	}
	re, ok := commonPattern(of.raw)
	if !ok {
		return x, errUnread
	}
	x.text, x.kind = x.text+".matches("+celText(re)+")", "bool"
	if n.op == "!~" {
		x.text = "!" + x.text
	}
	return x, nil
}

// commonPattern is a regular expression that matches the same texts, where there is one: the syntax that PostgreSQL's and RE2's share.
func commonPattern(p string) (string, bool) {
	var out strings.Builder
	inClass := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c >= 0x80:
			return "", false
		case c == '\\':
			if i++; i >= len(p) || strings.IndexByte(`.-+*?()[]{}|^$/\@ d`, p[i]) < 0 || p[i] == 'd' && inClass {
				return "", false
			}
			if p[i] == 'd' {
				out.WriteString("[0-9]")
			} else {
				out.WriteString(p[i-1 : i+1])
			}
			continue
		case inClass && c == '[', !inClass && c == '(' && strings.HasPrefix(p[i:], "(?") && !strings.HasPrefix(p[i:], "(?:"):
			return "", false
		case c == '[':
			inClass = true
			if strings.HasPrefix(p[i:], "[^") {
				out.WriteByte(c)
				i, c = i+1, '^'
			}
			if strings.HasPrefix(p[i+1:], "]") {
				return "", false
			}
		case c == ']':
			inClass = false
		case c == '.' && !inClass:
			out.WriteString(`(?:.|\n)`)
			continue
		}
		out.WriteByte(c)
	}
	if strings.HasPrefix(p, "***") || pattern.Check(out.String()) != nil {
		return "", false
	}
	return out.String(), true
}

func (t *translator) like(n *node) (operand, error) {
	x, err := t.scalar(n.args[0])
	of, err2 := t.scalar(n.args[1])
	if err != nil || err2 != nil || x.kind != "text" || x.literal || !of.literal || strings.ContainsAny(of.raw, `_\`) {
		return x, errUnread
	}
	inner := strings.Trim(of.raw, "%")
	before, after := strings.HasPrefix(of.raw, "%"), strings.HasSuffix(of.raw, "%")
	if strings.Contains(inner, "%") || inner == "" {
		return x, errUnread
	}
	switch {
	case before && after:
		x.text += ".contains(" + celText(inner) + ")"
	case before:
		x.text += ".endsWith(" + celText(inner) + ")"
	case after:
		x.text += ".startsWith(" + celText(inner) + ")"
	default:
		x.text = "(" + x.text + " == " + celText(inner) + ")"
	}
	if x.kind = "bool"; n.op == "!~~" {
		x.text = "!" + x.text
	}
	return x, nil
}
