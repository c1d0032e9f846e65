package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// transaction carries out all steps of rpc/transaction, or none.
func (s *server) transaction(ctx context.Context, c *call, read *rest.Read, sent *digest) {
	once, err := idempotency(c, sent)
	if err != nil {
		c.fail(err)
		return
	}
	steps := read.Transaction.Steps
	ops := make([]engine.Op, len(steps))
	bodies := make([][]byte, len(steps))
	for i, step := range steps {
		ops[i] = s.step(c, step, bodies[:i+1])
		ops[i].DryRun = read.Rollback
	}
	ops[0].Idempotency = once
	answers, err := s.Engine.Run(ctx, acting(c, read), ops)
	if err != nil {
		s.failed(ctx, c, failedStep(ctx, len(steps), err))
		return
	}
	for i := range answers {
		if answers[i].Replayed {
			if bodies[i], err = c.representation(steps[i].Draft(), &answers[i]); err != nil {
				c.fail(rest.StepFault(i, err))
				return
			}
		}
	}
	h := c.ResponseWriter.Header()
	applied(h, read)
	if answers[0].Replayed {
		h.Set("Idempotency-Replayed", "true")
	}
	c.json(http.StatusOK, s.stepsBody(steps, answers, bodies))
}

// step is one write as an operation; what it refers to is looked up in the answers before it. Its body is the last of those so far.
func (s *server) step(c *call, step *rest.Step, bodies [][]byte) engine.Op {
	return engine.Op{
		Resolve: func(before []engine.Answer) (*ir.Write, error) {
			read, err := step.Resolve(lookup(before))
			if err != nil {
				return nil, err
			}
			return read.Write, nil
		},
		Accept: func(a *engine.Answer) (err error) {
			if bodies[len(bodies)-1], err = c.representation(step.Draft(), a); err == nil {
				err = s.fits(c, bodies)
			}
			return err
		},
	}
}

// fits refuses bodies that are too large together.
func (s *server) fits(c *call, bodies [][]byte) error {
	n := 0
	for _, b := range bodies {
		n += len(b)
	}
	if most := s.Limits.Response; most > 0 && n > most {
		return fault.New(fault.TooComplex, "the response is larger than %d bytes", most)
	}
	return c.Hold(n)
}

// failedStep says which step failed. A list of one fails without a number.
func failedStep(ctx context.Context, steps int, err error) error {
	var f *engine.Failure
	switch {
	case errors.As(err, &f):
		return rest.StepFault(f.Step, timely(ctx, f.Unwrap()))
	case steps == 1:
		return rest.StepFault(0, timely(ctx, err))
	}
	return err
}

// lookup finds a named output of a row of an earlier step's representation.
func lookup(before []engine.Answer) rest.Lookup {
	return func(step, row int, field string) (value.Value, bool) {
		if step >= len(before) || before[step].Result == nil || row >= len(before[step].Result.Tuples) {
			return value.Value{}, false
		}
		members := before[step].Level.Object.Members
		i := slices.IndexFunc(members, func(m plan.Member) bool {
			leaf, ok := m.(*plan.Leaf)
			return ok && leaf.Name == field
		})
		if i < 0 {
			return value.Value{}, false
		}
		v, err := members[i].(*plan.Leaf).Value(before[step].Result.Tuples[row])
		return v, err == nil
	}
}

// stepsBody is the array of {status, headers, body}.
func (s *server) stepsBody(steps []*rest.Step, answers []engine.Answer, bodies [][]byte) []byte {
	out := []byte{'['}
	for i, step := range steps {
		if i > 0 {
			out = append(out, ',')
		}
		read := step.Draft()
		h := http.Header{}
		s.writeHeaders(h, read, &answers[i])
		out = append(out, `{"status":`...)
		out = strconv.AppendInt(out, int64(writeStatus(read, &answers[i])), 10)
		out = append(out, `,"headers":`...)
		out = appendHeaders(out, h)
		out = append(out, `,"body":`...)
		if bodies[i] == nil {
			out = append(out, "null"...)
		} else {
			out = append(out, bodies[i]...)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

// stepHeaders are those of a write's headers that say something of one step.
var stepHeaders = []string{"Content-Range", "Location", "Preference-Applied"}

func appendHeaders(out []byte, h http.Header) []byte {
	out = append(out, '{')
	first := true
	for _, name := range stepHeaders {
		v := h.Get(name)
		if v == "" {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = value.AppendJSONString(out, name)
		out = append(out, ':')
		out = value.AppendJSONString(out, v)
	}
	return append(out, '}')
}
