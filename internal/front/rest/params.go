package rest

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// pair is one decoded parameter.
type pair struct{ key, text string }

// params are a request's parameters, parsed.
type params struct {
	items   []item
	filters []filterParam
	trees   []treeParam
	orders  []orderParam
	ranges  []rangeParam
	late    []pair // having and after: parameters only where no such field exists
}

// path leads to the embed a parameter is about; empty for the root.
type filterParam struct {
	path []string
	leaf leaf
	key  string
}
type treeParam struct {
	path []string
	tree node
}
type orderParam struct {
	path  []string
	terms []term
}
type rangeParam struct {
	path   []string
	offset bool
	n      int64
}

// splitQuery decodes a query string; + is a space.
func splitQuery(raw string) ([]pair, error) {
	if raw == "" {
		return nil, nil
	}
	out := make([]pair, 0, strings.Count(raw, "&")+1)
	for raw != "" {
		var part string
		part, raw, _ = strings.Cut(raw, "&")
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := unescape(k)
		if err != nil {
			return nil, err
		}
		text, err := unescape(v)
		if err != nil {
			return nil, err
		}
		out = append(out, pair{key, text})
	}
	return out, nil
}

// unescape decodes %xx and +. A % that begins no escape stands for itself, as in like.%25x% written by hand.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s, checkText(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0:
			out = append(out, byte(hex(s[i+1])<<4|hex(s[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out), checkText(string(out))
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// checkText refuses NUL bytes and what is not UTF-8.
func checkText(s string) error {
	_, err := value.Parse(value.Type{Kind: value.Text}, s)
	return err
}

// parseParams sorts the parameters by what they are about. Of select the first counts, of order likewise, of limit and
// offset the last.
func parseParams(pairs []pair, l Limits) (*params, error) {
	if err := within(len(pairs), l.Filters, "the query string has more than", "parameters"); err != nil {
		return nil, err
	}
	p := &params{}
	selected := "*"
	if i := slices.IndexFunc(pairs, func(q pair) bool { return q.key == "select" }); i >= 0 {
		selected = pairs[i].text
	}
	var err error
	if p.items, err = parseSelect(selected, l); err != nil {
		return nil, err
	}
	for _, q := range pairs {
		if err := p.add(q, l); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *params) add(q pair, l Limits) error {
	last := q.key[strings.LastIndexByte(q.key, '.')+1:]
	switch last {
	case "select", "columns", "on_conflict":
		if last == q.key {
			return nil
		}
	case "order":
		return p.addOrder(q, l)
	case "limit", "offset":
		return p.addRange(q, last == "offset", l)
	case "and", "or":
		return p.addTree(q, last, l)
	case "having", "after":
		p.late = append(p.late, q)
		return nil
	}
	f, err := parseFilter(q, l)
	p.filters = append(p.filters, f)
	return err
}

func parseFilter(q pair, l Limits) (filterParam, error) {
	path, field, err := parsePath(q.key, l)
	if err != nil {
		return filterParam{}, err
	}
	s := &scanner{what: "filter", shown: q.text, src: q.text, steps: l.JSONSteps}
	op, err := s.operation(false, l)
	return filterParam{path: path, leaf: leaf{field, op}, key: q.key}, err
}

// parsePath reads (embed ".")* name jpath.
func parsePath(key string, l Limits) ([]string, fieldRef, error) {
	s := &scanner{what: "tree path", shown: key, src: key, steps: l.JSONSteps}
	var path []string
	for {
		f, err := s.field()
		if err != nil {
			return nil, f, err
		}
		if f.steps != nil || !s.take(".") {
			return path, f, s.end(wantEnd)
		}
		path = append(path, f.name)
	}
}

// above is the path in front of a reserved word.
func above(key string, l Limits) ([]string, error) {
	path, _, err := parsePath(key, l)
	return path, err
}

func (p *params) addOrder(q pair, l Limits) error {
	path, err := above(q.key, l)
	if err != nil {
		return err
	}
	terms, err := parseOrder(q.text, l)
	p.orders = append(p.orders, orderParam{path, terms})
	return err
}

func (p *params) addTree(q pair, op string, l Limits) error {
	path, err := above(q.key, l)
	if err != nil {
		return err
	}
	if n := len(path); n > 0 && path[n-1] == "not" {
		path, op = path[:n-1], "not."+op
	}
	tree, err := parseTree(op, q.text, l)
	p.trees = append(p.trees, treeParam{path, tree})
	return err
}
