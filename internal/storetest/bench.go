package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/eval/memory"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// instant is the moment at which all tests happen.
var instant = time.Date(2024, 1, 2, 3, 4, 5, 120_000_000, time.UTC)

var limits = plan.Limits{Rows: 1000, Tree: 50_000, Levels: 32}

// Bench is a world on every engine: the SQL engines by name, and the oracle in memory.
type Bench struct {
	*World
	Stores  map[string]store.Store
	Next    bool // answers tell the position after their last row
	Seal    seal
	engines map[string]*engine.Engine
	shapes  *rest.Shapes
}

// NewBench puts a world on every engine.
func NewBench(t testing.TB, w *World) *Bench { return benchOn(w, open(t, w)) }

// AllBench is NewBench with the engines of openAll.
func AllBench(t testing.TB, w *World) *Bench { return benchOn(w, openAll(t, w)) }

// benchOn is a bench over databases that have the world's tables and rows already.
func benchOn(w *World, stores map[string]store.Store) *Bench {
	b := &Bench{World: w, Seal: plainSeal{}, Stores: stores, engines: map[string]*engine.Engine{}, shapes: rest.NewShapes(admission.Default())}
	for name, s := range b.Stores {
		b.engines[name] = engine.New(s, w.Set, limits, clock.Fixed(instant, strings.NewReader("")))
	}
	return b
}

// Parse understands a question as an actor asks it.
func (b *Bench) Parse(a policy.Actor, q Question) (*rest.Read, error) {
	return rest.Parse(b.Set.View(a), admission.Default(), rest.Input{
		Method: q.Method, Segments: q.Segments, RawQuery: q.Query, Header: q.Header, Cursor: b.Seal,
		Functions: b.Functions.For(a, clock.Fixed(instant, strings.NewReader(""))), Shapes: b.shapes,
	})
}

// acting is who carries out what an actor asked.
func acting(a policy.Actor, read *rest.Read) policy.Actor {
	if read.Call.Trusted() {
		return policy.Trusted(a)
	}
	return a
}

// Answers gives every engine's whole answer by name: status, total, the last row's position and the body. A question that is
// refused before it reaches an engine has the one answer "front".
func (b *Bench) Answers(a policy.Actor, q Question) map[string]string {
	read, err := b.Parse(a, q)
	if err != nil {
		return map[string]string{"front": refusal(err)}
	}
	a = acting(a, read)
	out := map[string]string{"eval": b.answer(read, b.inMemory(read, a))}
	for name, e := range b.engines {
		answers, err := e.Run(context.Background(), a, []engine.Op{{Read: read.Request}})
		if err != nil {
			out[name] = refusal(err)
			continue
		}
		out[name] = b.answer(read, outcome{answers[0], nil})
	}
	return out
}

type outcome struct {
	engine.Answer
	err error
}

// inMemory does with the oracle what engine.Run does with a store.
func (b *Bench) inMemory(read *rest.Read, a policy.Actor) outcome {
	bound, err := b.Set.Bind(read.Request, a)
	if err != nil {
		return outcome{err: err}
	}
	p, err := plan.Build(bound, limits)
	if err != nil {
		return outcome{err: err}
	}
	env := &ir.Env{Args: read.Request.Args, Auth: a.Values(), Now: instant.UnixMicro()}
	res, err := memory.Run(p, env, b.Data)
	if err != nil {
		return outcome{err: err}
	}
	return outcome{engine.Answer{Level: p.Root(), Result: res, Total: res.Total, Last: lastPosition(p, res)}, nil}
}

func lastPosition(p plan.Plan, res *plan.Result) []value.Value {
	if p.Cursor() == nil || len(res.Tuples) == 0 {
		return nil
	}
	var out []value.Value
	for _, c := range p.Cursor() {
		out = append(out, res.Tuples[len(res.Tuples)-1][c])
	}
	return out
}

func (b *Bench) answer(read *rest.Read, o outcome) string {
	if o.err != nil {
		return refusal(o.err)
	}
	body, err := written(read, o.Answer)
	if err != nil {
		return refusal(err)
	}
	head := "200"
	if o.Total >= 0 {
		head += fmt.Sprintf(" total %d", o.Total)
	}
	if b.Next && o.Last != nil {
		head += " next " + read.Next(b.Seal, o.Last)
	}
	return head + "\n" + string(body) + "\n"
}

func written(read *rest.Read, a engine.Answer) ([]byte, error) {
	shape := render.Compile(a.Level)
	o := render.Options{Zone: read.Timezone, Stripped: read.Media.Stripped}
	switch read.Media.Type {
	case syntax.Object:
		return shape.Object(nil, a.Result, o)
	case syntax.CSV:
		return shape.CSV(nil, a.Result, o)
	case syntax.NDJSON:
		return shape.Lines(nil, a.Result, o)
	}
	return shape.Array(nil, a.Result, o)
}

// refusal is an error as the wire shows it. An internal error shows its cause, so that a test that meets one says why.
func refusal(err error) string {
	f := fault.From(err)
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(struct {
		Code    fault.Code `json:"code"`
		Message string     `json:"message"`
		Details any        `json:"details"`
		Hint    string     `json:"hint,omitempty"`
	}{f.Code, f.Message, f.Details, f.Hint})
	text := fmt.Sprintf("%d\n%s", f.Status(), body.String())
	if f.Code == fault.Internal {
		text += causes(err) + "\n"
	}
	return text
}

// plainSeal seals positions without a secret.
type plainSeal struct{}

func (plainSeal) Seal(payload []byte) string { return fmt.Sprintf("%x", payload) }

func (plainSeal) Open(token string) ([]byte, error) {
	var out []byte
	_, err := fmt.Sscanf(token, "%x", &out)
	return out, err
}

// seal closes positions and opens them.
type seal interface {
	rest.Opener
	Seal(payload []byte) string
}
