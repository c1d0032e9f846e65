package rest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/schema"
)

const transactionMethods = "OPTIONS,POST"

// Transaction is writes that happen together or not at all.
type Transaction struct{ Steps []*Step }

// Step is one write of a transaction. Refers says that it names earlier results, so that what it does is known only when they
// are there.
type Step struct {
	Refers bool

	read   *Read
	before []*Read
	view   *schema.View
	limits Limits
	in     Input
	body   string
	args   *arguments // of the function whose step it is
}

// Draft is the step as far as it is known without earlier results: everything but the values that references stand for.
func (s *Step) Draft() *Read { return s.read }

// Resolve gives the step with its references resolved. A fault does not say the step: see StepFault.
func (s *Step) Resolve(found Lookup) (*Read, error) {
	if !s.Refers {
		return s.read, nil
	}
	return s.parse(&references{steps: s.before, lookup: found, args: s.args})
}

func (s *Step) parse(refs *references) (*Read, error) {
	in := s.in
	in.Body, in.Size = strings.NewReader(s.body), int64(len(s.body))
	return parse(s.view, s.limits, in, refs)
}

// StepFault is the fault of a transaction that failed at a step.
func StepFault(n int, err error) *fault.Fault {
	f := fault.From(err)
	details := "step " + strconv.Itoa(n)
	if text, ok := f.Details.(string); ok && text != "" {
		details += ": " + text
	}
	return f.WithDetails(details)
}

// transaction parses the body of rpc/transaction, every step of it, before anything happens.
func (r *Read) transaction(v *schema.View, l Limits, in Input) error {
	switch f, err := body.FormOf(in.Header); {
	case err != nil:
		return err
	case f != body.JSON:
		return body.Bad("Content-Type not acceptable: %s", in.Header.Get("Content-Type"))
	}
	text, err := in.text(l)
	if err != nil {
		return err
	}
	s := body.Scan(text)
	if s.Space(); s.Peek() != '[' {
		return body.Bad("The body of a transaction is an array of steps")
	}
	t := &Transaction{}
	var reads []*Read
	err = s.Array(func() error {
		if err := within(len(t.Steps)+1, l.Steps, "a transaction has more than", "steps"); err != nil {
			return err
		}
		step := &Step{before: reads[:len(reads):len(reads)], view: v, limits: l}
		if err := step.scan(s, r.Schema); err != nil {
			return StepFault(len(t.Steps), err)
		}
		t.Steps, reads = append(t.Steps, step), append(reads, step.read)
		return nil
	})
	if err == nil {
		err = s.End()
	}
	if err == nil && len(t.Steps) == 0 {
		err = body.Bad("A transaction has at least one step")
	}
	r.Transaction = t
	r.Rollback = in.TxOverride && r.Prefer.Tx == "rollback"
	r.Applied = syntax.Preferences{Tx: choose(in.TxOverride, r.Prefer.Tx, ""), Handling: r.Prefer.Handling}.Applied()
	return err
}

// scan reads {method, path, prefer?, body?} and understands it; references are checked and stand for NULL.
func (s *Step) scan(at *body.Scanner, namespace string) error {
	if at.Peek() != '{' {
		return body.Bad("A step is an object with method and path")
	}
	var path string
	s.in.Header = http.Header{"Content-Profile": {namespace}}
	seen := map[string]bool{}
	err := at.Object(func(key, raw string) (err error) {
		if seen[key] {
			return body.Twice(key)
		}
		seen[key] = true
		switch key {
		case "method":
			s.in.Method, err = stepText(key, raw)
		case "path":
			path, err = stepText(key, raw)
		case "prefer":
			raw, err = stepText(key, raw)
			s.in.Header.Set("Prefer", raw)
		case "body":
			s.body, err = raw, body.Check(raw)
		default:
			err = body.Bad("A step has no %q", key).WithHint("a step is {method, path, prefer, body}")
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.address(path); err != nil {
		return err
	}
	return s.understand()
}

// understand parses the step; references are checked and stand for NULL.
func (s *Step) understand() (err error) {
	refs := &references{steps: s.before, args: s.args}
	s.read, err = s.parse(refs)
	s.Refers = refs.used
	return err
}

func stepText(key, raw string) (string, error) {
	if !strings.HasPrefix(raw, `"`) {
		return "", body.Bad("The step's %q is not text", key)
	}
	return body.Text(raw)
}

// address sets the step's resource: a collection, written to.
func (s *Step) address(target string) error {
	if !writes(s.in.Method) {
		return fault.New(fault.MethodNotAllowed, "Unsupported HTTP method: %s", s.in.Method).WithHint("a step writes: POST, PATCH, PUT or DELETE")
	}
	path, query, _ := strings.Cut(target, "?")
	name, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	if err != nil || name == "" || strings.Contains(strings.TrimPrefix(path, "/"), "/") {
		return fault.New(fault.InvalidPath, "Invalid path specified in request URL")
	}
	s.in.Segments, s.in.RawQuery = []string{name}, query
	return nil
}
