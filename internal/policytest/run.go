package policytest

import (
	"context"
	"errors"
	"fmt"

	"github.com/socle-hq/socle/internal/httpapi"
)

// Run runs every test. base is the project without any row. The error is not a test's: what a file adds cannot be loaded, or
// the world broke.
func (s *Suite) Run(ctx context.Context, base World) (results []Result, err error) {
	r := &runner{ctx: ctx, base: base}
	defer func() { err = errors.Join(err, r.close()) }()
	for i := range s.Files {
		more, err := r.file(&s.Files[i])
		if err != nil {
			return nil, err
		}
		results = append(results, more...)
	}
	return results, nil
}

// runner keeps the world with the project's first data, which most files share.
type runner struct {
	ctx    context.Context
	base   World
	seeded World
}

func (r *runner) close() error {
	if r.seeded == nil {
		return nil
	}
	return r.seeded.Close()
}

// start is a file's world, and whether it is the file's own.
func (r *runner) start(f *File) (w World, own bool, err error) {
	from := r.base
	if f.Seed {
		if from, err = r.withSeed(); err != nil {
			return nil, false, err
		}
	}
	if len(f.Rows) == 0 {
		return from, false, nil
	}
	if w, err = from.Fork(r.ctx); err != nil {
		return nil, false, err
	}
	if err := w.Add(r.ctx, f.Rows); err != nil {
		return nil, false, errors.Join(err, w.Close())
	}
	return w, true, nil
}

func (r *runner) withSeed() (World, error) {
	if r.seeded != nil {
		return r.seeded, nil
	}
	w, err := r.base.Fork(r.ctx)
	if err != nil {
		return nil, err
	}
	if err := w.Seed(r.ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	r.seeded = w
	return w, nil
}

func (r *runner) file(f *File) (results []Result, err error) {
	w, own, err := r.start(f)
	if err != nil {
		return nil, err
	}
	if own {
		defer func() { err = errors.Join(err, w.Close()) }()
	}
	for i := range f.Tests {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		result, err := r.test(w, f, &f.Tests[i])
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// test runs one test; one that writes in a world of its own.
func (r *runner) test(w World, f *File, t *Test) (result Result, err error) {
	if t.writes() {
		if w, err = w.Fork(r.ctx); err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, w.Close()) }()
	}
	result = Result{Name: t.Name, Pos: t.Pos}
	for _, s := range t.Steps {
		a, err := ask(r.ctx, w, f, s)
		if err != nil {
			result.Failures = append(result.Failures, Failure{s.As.Pos, "as " + s.As.Text, err.Error(), "credentials"})
			return result, nil
		}
		result.Failures = append(result.Failures, judge(s, a)...)
	}
	return result, nil
}

// ask sends a step's request. The error is the actor's.
func ask(ctx context.Context, w World, f *File, s Step) (*answer, error) {
	actor, ok := f.known(s.As.Text)
	if !ok {
		return nil, fmt.Errorf("there is no actor %s", s.As.Text)
	}
	header, err := w.Credentials(ctx, actor)
	if err != nil {
		return nil, err
	}
	if s.Body != "" {
		header.Set("Content-Type", "application/json")
	}
	if s.Expect.Count != nil {
		header.Set("Prefer", "count=exact")
	}
	for name, values := range s.Headers {
		header[name] = values
	}
	r, err := httpapi.Ask(ctx, w, s.Method, s.Target, header, s.Body)
	if err != nil {
		return nil, err
	}
	return newAnswer(r.Status, r.Header, r.Body), nil
}
