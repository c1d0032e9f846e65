package rest

// term is one parsed member of order=. rel is set for rel(field).
type term struct {
	rel        string
	field      fieldRef
	desc       bool
	nullsFirst bool
}

func parseOrder(text string, l Limits) ([]term, error) {
	s := &scanner{what: "order", shown: text, src: text, steps: l.JSONSteps}
	var out []term
	for {
		s.spaces()
		t, err := s.term()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if err := within(len(out), l.OrderTerms, "order has more than", "terms"); err != nil {
			return nil, err
		}
		if s.spaces(); !s.take(",") {
			return out, s.end(`"," or ` + wantEnd)
		}
	}
}

// term reads field or rel(field), then its direction and where NULL goes: last ascending, first descending.
func (s *scanner) term() (term, error) {
	var t term
	f, err := s.field()
	if err != nil {
		return t, err
	}
	if t.field = f; f.steps == nil && s.take("(") {
		t.rel = f.name
		if t.field, err = s.field(); err != nil {
			return t, err
		}
		if err = s.must(")", `")"`); err != nil {
			return t, err
		}
	}
	if !s.take(".asc") {
		t.desc = s.take(".desc")
	}
	t.nullsFirst = t.desc
	switch {
	case s.take(".nullsfirst"):
		t.nullsFirst = true
	case s.take(".nullslast"):
		t.nullsFirst = false
	}
	return t, nil
}
