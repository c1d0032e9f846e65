package syntax

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/value"
)

// Pair is one decoded parameter.
type Pair struct{ Key, Text string }

// Word is the last word of the key, behind the names of embeds.
func (q Pair) Word() string { return q.Key[strings.LastIndexByte(q.Key, '.')+1:] }

// Path is what stands in the key before its last word: the names of embeds.
func (q Pair) Path(l admission.Limits) ([]string, error) {
	path, _, err := parsePath(q.Key, l)
	return path, err
}

// Reserved reports whether a key's last word has a meaning of its own, where no field is called so.
func Reserved(word string) bool {
	switch word {
	case "select", "columns", "on_conflict", "order", "limit", "offset", "and", "or", "having", "after":
		return true
	}
	return false
}

// Split decodes a query string, or a form; + is a space.
func Split(raw string) ([]Pair, error) {
	if raw == "" {
		return nil, nil
	}
	out := make([]Pair, 0, strings.Count(raw, "&")+1)
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
		out = append(out, Pair{key, text})
	}
	return out, nil
}

// unescape decodes %xx and +. A % that begins no escape stands for itself, as in like.%25x% written by hand.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s, CheckText(s)
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
	return string(out), CheckText(string(out))
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

// CheckText refuses NUL bytes and what is not UTF-8.
func CheckText(s string) error {
	_, err := value.Parse(value.Type{Kind: value.Text}, s)
	return err
}

// Parse sorts the parameters by what they are about. Of select the first counts; of order, limit and offset all are given.
func Parse(pairs []Pair, l admission.Limits) (*Params, error) {
	if err := admission.Within(len(pairs), l.Filters, "the query string has more than", "parameters"); err != nil {
		return nil, err
	}
	p := &Params{}
	selected := "*"
	if i := slices.IndexFunc(pairs, func(q Pair) bool { return q.Key == "select" }); i >= 0 {
		selected = pairs[i].Text
	}
	var err error
	if p.Items, err = parseSelect(selected, l); err != nil {
		return nil, err
	}
	for _, q := range pairs {
		if err := p.add(q, l); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Params) add(q Pair, l admission.Limits) error {
	last := q.Word()
	switch last {
	case "select", "columns", "on_conflict":
		if last == q.Key {
			return nil
		}
	case "order":
		return p.addOrder(q, l)
	case "limit", "offset":
		return p.addBound(q, last == "offset", l)
	case "and", "or":
		return p.addTree(q, last, l)
	case "having", "after":
		p.Late = append(p.Late, q)
		return nil
	}
	f, err := ParseFilter(q, l)
	p.Filters = append(p.Filters, f)
	return err
}

// ParseFilter reads a parameter as a condition, whatever its key.
func ParseFilter(q Pair, l admission.Limits) (Filter, error) {
	path, field, err := parsePath(q.Key, l)
	if err != nil {
		return Filter{}, err
	}
	s := &scanner{what: "filter", shown: q.Text, src: q.Text, steps: l.JSONSteps}
	op, err := s.operation(false, l)
	return Filter{path, &Leaf{field, op}}, err
}

// FilterLike reports whether a parameter's text begins as a condition does.
func FilterLike(text string) bool {
	op, _, dotted := strings.Cut(strings.TrimPrefix(text, "not."), ".")
	op, _, _ = strings.Cut(op, "(")
	_, known := operators[op]
	return dotted && known
}

// parsePath reads (embed ".")* name jpath.
func parsePath(key string, l admission.Limits) ([]string, Field, error) {
	s := &scanner{what: "tree path", shown: key, src: key, steps: l.JSONSteps}
	var path []string
	for {
		f, err := s.field()
		if err != nil {
			return nil, f, err
		}
		if f.Steps != nil || !s.take(".") {
			return path, f, s.end(wantEnd)
		}
		path = append(path, f.Name)
	}
}

func (p *Params) addOrder(q Pair, l admission.Limits) error {
	path, err := q.Path(l)
	if err != nil {
		return err
	}
	terms, err := parseOrder(q.Text, l)
	p.Orders = append(p.Orders, Order{path, terms})
	return err
}

func (p *Params) addTree(q Pair, op string, l admission.Limits) error {
	path, err := q.Path(l)
	if err != nil {
		return err
	}
	if n := len(path); n > 0 && path[n-1] == "not" {
		path, op = path[:n-1], "not."+op
	}
	tree, err := parseTree(op, q.Text, l)
	p.Trees = append(p.Trees, Tree{path, tree})
	return err
}

// ParseNames reads a parameter that is a comma-separated list of at most so many columns.
func ParseNames(q Pair, most int) ([]string, error) {
	s := &scanner{what: q.Key + " parameter", shown: q.Text, src: q.Text}
	var out []string
	for {
		s.spaces()
		name, err := s.name()
		if err != nil {
			return nil, err
		}
		out = append(out, name)
		if err := admission.Within(len(out), most, q.Key+" has more than", "names"); err != nil {
			return nil, err
		}
		if s.spaces(); !s.take(",") {
			return out, s.end(`"," or ` + wantEnd)
		}
	}
}
