package sqlite

import (
	"database/sql/driver"
	"sync"

	"modernc.org/sqlite"

	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
)

// engine is the driver with the functions that rendered SQL calls. It is ours alone: the process-wide one stays as it is.
var engine = sync.OnceValue(func() *sqlite.Driver {
	d := &sqlite.Driver{}
	for _, f := range dialect.Functions() {
		must(d.RegisterFunction(f.Name, &sqlite.FunctionImpl{NArgs: int32(f.Args), Deterministic: true, Scalar: scalar(f)}))
	}
	for _, a := range dialect.Aggregates() {
		must(d.RegisterFunction(a.Name, &sqlite.FunctionImpl{NArgs: int32(a.Args), Deterministic: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &aggregate{state: a.New()}, nil }}))
	}
	for _, c := range dialect.Collations() {
		must(d.RegisterCollationUtf8(c.Name, c.Compare))
	}
	return d
})

// must holds because the names are different constants.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func scalar(f dialect.Function) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return f.Call(raw(args)) }
}

// raw copies the arguments: the driver keeps their slice for itself.
func raw(args []driver.Value) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
	}
	return out
}

type aggregate struct{ state dialect.State }

func (a *aggregate) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	return a.state.Step(raw(args))
}

func (a *aggregate) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	return a.state.Value()
}

func (a *aggregate) Final(*sqlite.FunctionContext) {}

// WindowInverse is never called: no rendered aggregate is a window function.
func (a *aggregate) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return errNoWindow }
