package syntax

import "github.com/socle-hq/socle/internal/admission"

func parseOrder(text string, l admission.Limits) ([]Term, error) {
	s := &scanner{what: "order", shown: text, src: text, steps: l.JSONSteps}
	var out []Term
	for {
		s.spaces()
		t, err := s.term()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if err := admission.Within(len(out), l.OrderTerms, "order has more than", "terms"); err != nil {
			return nil, err
		}
		if s.spaces(); !s.take(",") {
			return out, s.end(`"," or ` + wantEnd)
		}
	}
}

// term reads field or relation(field), then its direction and where NULL goes: last ascending, first descending.
func (s *scanner) term() (Term, error) {
	var t Term
	f, err := s.field()
	if err != nil {
		return t, err
	}
	if t.Field = f; f.Steps == nil && s.take("(") {
		t.Relation = f.Name
		if t.Field, err = s.field(); err != nil {
			return t, err
		}
		if err = s.must(")", `")"`); err != nil {
			return t, err
		}
	}
	if !s.take(".asc") {
		t.Desc = s.take(".desc")
	}
	t.NullsFirst = t.Desc
	switch {
	case s.take(".nullsfirst"):
		t.NullsFirst = true
	case s.take(".nullslast"):
		t.NullsFirst = false
	}
	return t, nil
}
