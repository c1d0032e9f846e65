package rest

// itemKind is what a select item is.
type itemKind uint8

const (
	starItem itemKind = iota
	fieldItem
	countItem // count()
	embedItem
	spreadItem
)

// item is one parsed member of select=.
type item struct {
	kind    itemKind
	alias   string
	field   fieldRef // name of the field or of the relation
	cast    string
	agg     string
	aggCast string
	hint    string
	inner   bool
	items   []item
}

// selection reads select=.
type selection struct {
	scanner
	limits Limits
	count  int
}

func parseSelect(text string, l Limits) ([]item, error) {
	s := &selection{scanner: scanner{what: "select parameter", shown: text, src: text, steps: l.JSONSteps}, limits: l}
	items, err := s.items(0)
	if err != nil {
		return nil, err
	}
	return items, s.end(`"," or ` + wantEnd)
}

// items reads a list that ends at the input's end or before a closing parenthesis; it may be empty.
func (s *selection) items(depth int) ([]item, error) {
	if err := within(depth, s.limits.EmbedDepth, "resources are embedded deeper than", "levels"); err != nil {
		return nil, err
	}
	var out []item
	s.spaces()
	if s.done() || s.peek() == ')' {
		return nil, nil
	}
	for {
		it, err := s.item(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
		s.count++
		if err := within(s.count, s.limits.SelectItems, "select has more than", "items"); err != nil {
			return nil, err
		}
		if s.spaces(); !s.take(",") {
			return out, nil
		}
		s.spaces()
	}
}

func (s *selection) item(depth int) (it item, err error) {
	switch {
	case s.take("..."):
		it.kind = spreadItem
		if it.field.name, err = s.name(); err != nil {
			return it, err
		}
		return s.embedded(it, depth)
	case s.take("*"):
		return it, s.itemEnds()
	}
	it.kind = fieldItem
	if it.field.name, err = s.name(); err != nil {
		return it, err
	}
	if s.peek() == ':' && !s.ahead("::") {
		s.pos++
		s.spaces()
		it.alias = it.field.name
		if it.field.name, err = s.name(); err != nil {
			return it, err
		}
	}
	if it.field.name == "count" && s.take("()") {
		it.kind, it.agg = countItem, "count"
		return s.aggregateCast(it)
	}
	if c := s.peek(); c == '!' || c == '(' {
		it.kind = embedItem
		return s.embedded(it, depth)
	}
	return s.column(it)
}

func (s *selection) ahead(lit string) bool {
	return len(s.src)-s.pos >= len(lit) && s.src[s.pos:s.pos+len(lit)] == lit
}

// embedded reads [!hint][!inner|!left](items).
func (s *selection) embedded(it item, depth int) (item, error) {
	for s.take("!") {
		word, err := s.name()
		if err != nil {
			return it, err
		}
		switch word {
		case "inner":
			it.inner = true
		case "left":
		default:
			it.hint = word
		}
	}
	if err := s.lexeme("("); err != nil {
		return it, err
	}
	var err error
	if it.items, err = s.items(depth + 1); err != nil {
		return it, err
	}
	return it, s.lexeme(")")
}

// column reads [path][::cast][.aggregate()[::cast]].
func (s *selection) column(it item) (item, error) {
	err := s.path(&it.field)
	if err != nil {
		return it, err
	}
	if s.take("::") {
		if it.cast, err = s.name(); err != nil {
			return it, err
		}
	}
	if !s.take(".") {
		return it, s.itemEnds()
	}
	for _, fn := range [...]string{"sum()", "avg()", "min()", "max()", "count()"} {
		if s.take(fn) {
			it.agg = fn[:len(fn)-2]
			return s.aggregateCast(it)
		}
	}
	return it, s.fail(`"sum()", "avg()", "min()", "max()" or "count()"`)
}

func (s *selection) aggregateCast(it item) (item, error) {
	var err error
	if s.take("::") {
		if it.aggCast, err = s.name(); err != nil {
			return it, err
		}
	}
	return it, s.itemEnds()
}

func (s *selection) itemEnds() error {
	s.spaces()
	if s.done() || s.peek() == ',' || s.peek() == ')' {
		return nil
	}
	return s.fail(wantItemEnd)
}
