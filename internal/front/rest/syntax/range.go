package syntax

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
)

// Details of a refused range, in PostgREST's words.
const (
	reversedRange = "The lower boundary must be lower than or equal to the upper boundary in the Range header."
	negativeLimit = "Limit should be greater than or equal to zero."
)

func badRange(details string) error {
	return fault.New(fault.InvalidRange, "Requested range not satisfiable").WithDetails(details)
}

// addBound reads limit or offset. An empty value says nothing, a negative offset is none, a negative limit is refused.
func (p *Params) addBound(q Pair, offset bool, l admission.Limits) error {
	path, err := q.Path(l)
	if err != nil {
		return err
	}
	n, given, err := boundOf(&q, offset)
	if given {
		p.Bounds = append(p.Bounds, Bound{path, offset, n})
	}
	return err
}

// boundOf is the number of a limit or offset; given is false where it says nothing, or is refused.
func boundOf(q *Pair, offset bool) (n int64, given bool, err error) {
	if q.Text == "" {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(q.Text, 10, 64)
	switch {
	case err != nil:
		s := scanner{what: choose(offset, "offset", "limit") + " parameter", shown: q.Text}
		return 0, false, s.failure("expecting an integer of 64 bits")
	case offset:
		n = max(n, 0)
	case n < 0:
		return 0, false, badRange(negativeLimit)
	}
	return n, true, nil
}

// Range is what part of the rows was asked for.
type Range struct {
	Offset   int64
	Limit    int64 // -1: no limit
	Explicit bool  // limit, offset or a Range header was given
}

// RangeOf is what limit and offset of the root, the last of each, and the Range header select together.
func RangeOf(given []Bound, h http.Header) (Range, error) {
	r := Range{Limit: -1}
	for _, g := range given {
		switch {
		case len(g.Path) > 0:
			continue
		case g.Offset:
			r.Offset = g.N
		default:
			r.Limit = g.N
		}
		r.Explicit = true
	}
	first, last, ok := rangeHeader(h.Get("Range"))
	if !ok || r.Limit == 0 {
		return r, nil
	}
	if last < first {
		return r, badRange(reversedRange)
	}
	return r.intersect(first, last)
}

// intersect narrows r to the rows first … last.
func (r Range) intersect(first, last int64) (Range, error) {
	if r.Limit >= 0 && r.Offset <= math.MaxInt64-r.Limit {
		last = min(last, r.Offset+r.Limit-1)
	}
	out := Range{Offset: max(r.Offset, first), Limit: -1, Explicit: true}
	if last < out.Offset {
		return r, badRange(reversedRange)
	}
	if last < math.MaxInt64 {
		out.Limit = last - out.Offset + 1
	}
	return out, nil
}

// Inside is the part r of what another range chose.
func (r Range) Inside(of Range) Range {
	if of.Limit == 0 && of.Offset == 0 && !of.Explicit {
		return r
	}
	out := Range{Offset: of.Offset + r.Offset, Limit: r.Limit, Explicit: r.Explicit}
	if of.Limit >= 0 {
		left := max(of.Limit-r.Offset, 0)
		if out.Limit < 0 || out.Limit > left {
			out.Limit = left
		}
	}
	return out
}

// Ranged reports whether a Range header counts rows.
func Ranged(h http.Header) bool {
	_, _, ok := rangeHeader(h.Get("Range"))
	return ok
}

// rangeHeader reads first-last or first-; anything else, such as a byte range, says nothing.
func rangeHeader(h string) (first, last int64, ok bool) {
	from, to, found := strings.Cut(h, "-")
	if !found {
		return 0, 0, false
	}
	first, ok = digits(from)
	if !ok || to == "" {
		return first, math.MaxInt64, ok
	}
	last, ok = digits(to)
	return first, last, ok
}

func digits(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil
}
