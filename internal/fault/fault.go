// Package fault owns what a caller may be told about a failure: a code, a public message, optional details and
// a hint, and the one map from code to HTTP status. The private cause travels behind Unwrap and is never shown.
// The package knows nothing of HTTP headers, SQL or the catalogue.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Fault is an error that is safe to show to whoever sent the request.
// Details is nil, a string, or a value that encodes to JSON (PGRST201 carries a list).
type Fault struct {
	Code       Code
	Message    string
	Details    any
	Hint       string
	Violations []Violation
	cause      error
	ofRow      bool
}

// Violation names one broken constraint of one row of a written body. Row counts from 0; a check of the row has no
// Column.
type Violation struct {
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Rule   string `json:"rule"`
	Limit  any    `json:"limit,omitempty"`
}

// Says is what the value of the violation's column breaks, in words.
func (v Violation) Says() string {
	switch v.Rule {
	case "required":
		return "a value is required"
	case "min":
		return fmt.Sprintf("below the minimum of %v", v.Limit)
	case "max":
		return fmt.Sprintf("above the maximum of %v", v.Limit)
	case "enum":
		values, _ := v.Limit.([]string)
		return "not one of " + strings.Join(values, ", ")
	case "index":
		return fmt.Sprintf("too long: the values of one index take at most %v bytes together", v.Limit)
	}
	return fmt.Sprintf("does not fit the %s %v", v.Rule, v.Limit)
}

// New makes a fault whose public message is formatted from format and args.
func New(code Code, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error returns the public message; it never includes the cause.
func (f *Fault) Error() string { return f.Message }

// Unwrap returns the private cause, nil where there is none.
func (f *Fault) Unwrap() error { return f.cause }

// WithDetails returns a copy carrying details.
func (f *Fault) WithDetails(details any) *Fault { c := *f; c.Details = details; return &c }

// WithHint returns a copy carrying a hint.
func (f *Fault) WithHint(format string, args ...any) *Fault {
	c := *f
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Because returns a copy whose private cause is err.
func (f *Fault) Because(err error) *Fault { c := *f; c.cause = err; return &c }

// OfRow returns a copy that speaks of a row's values: of them, what is too large is 400 like all that is wrong with them.
func (f *Fault) OfRow() *Fault { c := *f; c.ofRow = true; return &c }

// Status is the HTTP status of the fault's code.
func (f *Fault) Status() int {
	if f.ofRow {
		return 400
	}
	return f.Code.Status()
}

// From returns the fault in err's chain; anything else becomes an internal fault that hides err behind Unwrap.
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New(Internal, "Internal error").Because(err)
}
