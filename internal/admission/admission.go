// Package admission owns what one request may take, whatever the front, and what all of them together may: the limits, their
// defaults, the refusal that names the limit; the door where requests wait for their turn, the memory of large ones, and the
// connections they come on. Fronts bound what they parse by it, package plan the statements and their weight, the engine the rows,
// the transport bytes and time. It knows nothing of what is measured, and of who asks only a name.
package admission

import (
	"cmp"
	"runtime"
	"time"

	"github.com/socle-hq/socle/internal/fault"
)

// Limits are all the bounds of one request, and the last of them of all requests together.
type Limits struct {
	Body        int // bytes of a request body
	BodyRows    int // rows of a written body
	URLLength   int // bytes
	EmbedDepth  int
	LogicDepth  int
	InItems     int // elements of in.(…) and of any and all
	SelectItems int // of all levels together
	JSONSteps   int // of one path
	Filters     int // parameters that filter, order or cut
	OrderTerms  int // of one level
	Steps       int // writes of one transaction

	Levels int // statements of one read
	Cost   int // weight of one read's plan; see plan.Plan.Cost
	Rows   int // rows per level and parent; more are cut off silently
	Tree   int // rows of a whole answer; more are refused
	Writes int // rows written or deleted, cascades included

	Response  int           // bytes
	Statement time.Duration // of one request's statements together

	Waiting int           // requests that wait for their turn, of all callers
	Wait    time.Duration // for their turn
	Held    int           // bytes of large bodies and answers, of all requests together
}

// Default are the limits of a project that sets none.
func Default() Limits {
	const rows = 1000
	return Limits{Body: 10 << 20, BodyRows: 10_000, URLLength: 16 << 10, EmbedDepth: 6, LogicDepth: 20, InItems: 1000,
		SelectItems: 500, JSONSteps: 32, Filters: 200, OrderTerms: 32, Steps: 100,
		Levels: 50, Cost: 20_000, Rows: rows, Tree: TreeFactor * rows, Writes: 100_000,
		Response: 64 << 20, Statement: 10 * time.Second,
		Waiting: 1024 * max(2, runtime.NumCPU()), Wait: 10 * time.Second, Held: 256 << 20}
}

// TreeFactor is how many times Rows a whole answer may hold.
const TreeFactor = 50

// Filled gives what a front needs of limits of which some are not positive: those have their defaults.
func (l Limits) Filled() Limits {
	d := Default()
	for _, m := range []struct{ at, fallback *int }{
		{&l.Body, &d.Body}, {&l.BodyRows, &d.BodyRows}, {&l.URLLength, &d.URLLength}, {&l.EmbedDepth, &d.EmbedDepth},
		{&l.LogicDepth, &d.LogicDepth}, {&l.InItems, &d.InItems}, {&l.SelectItems, &d.SelectItems}, {&l.JSONSteps, &d.JSONSteps},
		{&l.Filters, &d.Filters}, {&l.OrderTerms, &d.OrderTerms}, {&l.Steps, &d.Steps}, {&l.Rows, &d.Rows},
		{&l.Waiting, &d.Waiting}, {&l.Held, &d.Held},
	} {
		*m.at = cmp.Or(max(*m.at, 0), *m.fallback)
	}
	l.Wait = cmp.Or(max(l.Wait, 0), d.Wait)
	return l
}

// Within refuses what exceeds a limit; the message names the limit's value: "a list has more than 1000 elements".
func Within(n, limit int, what, unit string) error {
	if n <= limit {
		return nil
	}
	return fault.New(fault.TooComplex, "%s %d %s", what, limit, unit)
}
