package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"

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

// addRange reads limit or offset. An empty value says nothing, a negative offset is none, a negative limit is refused.
func (p *params) addRange(q pair, offset bool, l Limits) error {
	path, err := above(q.key, l)
	if err != nil || q.text == "" {
		return err
	}
	n, err := strconv.ParseInt(q.text, 10, 64)
	if err != nil {
		s := scanner{what: choose(offset, "offset", "limit") + " parameter", shown: q.text}
		return s.failure("expecting an integer of 64 bits")
	}
	if offset {
		n = max(n, 0)
	} else if n < 0 {
		return badRange(negativeLimit)
	}
	p.ranges = append(p.ranges, rangeParam{path, offset, n})
	return nil
}

// rootRange is what limit, offset and the Range header select together.
func rootRange(given []rangeParam, h http.Header) (Range, error) {
	r := Range{Limit: -1}
	for _, g := range given {
		switch {
		case len(g.path) > 0:
			continue
		case g.offset:
			r.Offset = g.n
		default:
			r.Limit = g.n
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
