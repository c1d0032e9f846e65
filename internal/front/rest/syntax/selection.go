package syntax

import "github.com/socle-hq/socle/internal/admission"

// selection reads select=.
type selection struct {
	scanner
	limits admission.Limits
	count  int
}

func parseSelect(text string, l admission.Limits) ([]Item, error) {
	s := &selection{scanner: scanner{what: "select parameter", shown: text, src: text, steps: l.JSONSteps}, limits: l}
	items, err := s.items(0)
	if err != nil {
		return nil, err
	}
	return items, s.end(`"," or ` + wantEnd)
}

// items reads a list that ends at the input's end or before a closing parenthesis; it may be empty.
func (s *selection) items(depth int) ([]Item, error) {
	if err := admission.Within(depth, s.limits.EmbedDepth, "resources are embedded deeper than", "levels"); err != nil {
		return nil, err
	}
	var out []Item
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
		if err := admission.Within(s.count, s.limits.SelectItems, "select has more than", "items"); err != nil {
			return nil, err
		}
		if s.spaces(); !s.take(",") {
			return out, nil
		}
		s.spaces()
	}
}

func (s *selection) item(depth int) (Item, error) {
	switch {
	case s.take("..."):
		name, err := s.name()
		if err != nil {
			return nil, err
		}
		return s.embed(&Embed{Name: name, Spread: true}, depth)
	case s.take("*"):
		return Star{}, s.itemEnds()
	}
	alias, name, err := s.named()
	if err != nil {
		return nil, err
	}
	if name == "count" && s.take("()") {
		it := &Count{Alias: alias}
		return it, s.castEnds(&it.Cast)
	}
	if c := s.peek(); c == '!' || c == '(' {
		return s.embed(&Embed{Alias: alias, Name: name}, depth)
	}
	return s.column(&Column{Alias: alias, Field: Field{Name: name}})
}

// named reads [alias:]name.
func (s *selection) named() (alias, name string, err error) {
	if name, err = s.name(); err != nil || s.peek() != ':' || s.ahead("::") {
		return "", name, err
	}
	s.pos++
	s.spaces()
	alias = name
	name, err = s.name()
	return alias, name, err
}

func (s *selection) ahead(lit string) bool {
	return len(s.src)-s.pos >= len(lit) && s.src[s.pos:s.pos+len(lit)] == lit
}

// embed reads [!hint][!inner|!left](items).
func (s *selection) embed(it *Embed, depth int) (*Embed, error) {
	for s.take("!") {
		word, err := s.name()
		if err != nil {
			return it, err
		}
		switch word {
		case "inner":
			it.Inner = true
		case "left":
		default:
			it.Hint = word
		}
	}
	if err := s.lexeme("("); err != nil {
		return it, err
	}
	var err error
	if it.Items, err = s.items(depth + 1); err != nil {
		return it, err
	}
	return it, s.lexeme(")")
}

// column reads [path][::cast][.aggregate()[::cast]].
func (s *selection) column(it *Column) (*Column, error) {
	err := s.path(&it.Field)
	if err != nil {
		return it, err
	}
	if s.take("::") {
		if it.Cast, err = s.name(); err != nil {
			return it, err
		}
	}
	if !s.take(".") {
		return it, s.itemEnds()
	}
	for _, fn := range [...]string{"sum()", "avg()", "min()", "max()", "count()"} {
		if s.take(fn) {
			it.Aggregate = fn[:len(fn)-2]
			return it, s.castEnds(&it.Then)
		}
	}
	return it, s.fail(`"sum()", "avg()", "min()", "max()" or "count()"`)
}

// castEnds reads the cast after an aggregate, with which an item ends.
func (s *selection) castEnds(cast *string) (err error) {
	if s.take("::") {
		if *cast, err = s.name(); err != nil {
			return err
		}
	}
	return s.itemEnds()
}

func (s *selection) itemEnds() error {
	s.spaces()
	if s.done() || s.peek() == ',' || s.peek() == ')' {
		return nil
	}
	return s.fail(wantItemEnd)
}
