package rest

import (
	"cmp"

	"github.com/socle-hq/socle/internal/fault"
)

// Limits bound one request. A member that is not positive takes its default.
type Limits struct {
	Rows        int // of the root; more are cut off silently
	EmbedDepth  int
	LogicDepth  int
	InItems     int // elements of in.(…) and of any and all
	URLLength   int // bytes of the query string
	SelectItems int // of all levels together
	JSONSteps   int // of one path
	Filters     int // parameters that filter, order or cut
	OrderTerms  int // of one level
	Body        int // bytes
	BodyRows    int
	Steps       int // of one transaction
}

// DefaultLimits are the limits of a project that sets none.
func DefaultLimits() Limits {
	return Limits{Rows: 1000, EmbedDepth: 6, LogicDepth: 10, InItems: 5000, URLLength: 64 << 10, SelectItems: 500,
		JSONSteps: 32, Filters: 200, OrderTerms: 32, Body: 10 << 20, BodyRows: 10_000, Steps: 100}
}

func (l Limits) filled() Limits {
	d := DefaultLimits()
	l.Rows = positive(l.Rows, d.Rows)
	l.EmbedDepth = positive(l.EmbedDepth, d.EmbedDepth)
	l.LogicDepth = positive(l.LogicDepth, d.LogicDepth)
	l.InItems = positive(l.InItems, d.InItems)
	l.URLLength = positive(l.URLLength, d.URLLength)
	l.SelectItems = positive(l.SelectItems, d.SelectItems)
	l.JSONSteps = positive(l.JSONSteps, d.JSONSteps)
	l.Filters = positive(l.Filters, d.Filters)
	l.OrderTerms = positive(l.OrderTerms, d.OrderTerms)
	l.Body = positive(l.Body, d.Body)
	l.BodyRows = positive(l.BodyRows, d.BodyRows)
	l.Steps = positive(l.Steps, d.Steps)
	return l
}

func positive(n, fallback int) int { return cmp.Or(max(n, 0), fallback) }

func (l Limits) checkURL(query string) error {
	return within(len(query), l.URLLength, "the query string is longer than", "bytes")
}

// within refuses a request that exceeds one of the limits; the message names the limit's value.
func within(n, limit int, what, unit string) error {
	if n <= limit {
		return nil
	}
	return fault.New(fault.TooComplex, "%s %d %s", what, limit, unit)
}
