// Package policytest owns a project's policy tests: the files of tests/, who asks what and what is expected, and the
// verdicts. It asks a project over HTTP, as clients do; what a policy is, and where rows are kept, it does not know.
package policytest

import (
	"context"
	"net/http"

	"github.com/socle-hq/socle/internal/schema"
)

// Folder is where test files live in a project.
const Folder = "tests"

// Suite is a project's test files.
type Suite struct{ Files []File }

// Tests counts the tests of all files.
func (s *Suite) Tests() int {
	n := 0
	for _, f := range s.Files {
		n += len(f.Tests)
	}
	return n
}

// File is one test file.
type File struct {
	Path   string
	Seed   bool // the project's first data is there
	Rows   []Rows
	Actors []Actor
	Tests  []Test
}

// Rows are rows of a collection that a file adds.
type Rows struct {
	Collection schema.Word
	Lines      []Line
}

// Line is one row as a JSON object.
type Line struct {
	JSON string
	Pos  schema.Pos
}

// Actor is who asks. One without a subject is its role alone.
type Actor struct {
	Name   string
	Role   string
	Sub    schema.Word // a uuid, or the e-mail address of an account
	Claims string      // a JSON object; "" for none
}

// Test is steps that share a state nobody else sees.
type Test struct {
	Name  string
	Pos   schema.Pos
	Steps []Step
}

// writes reports whether the test may change something.
func (t Test) writes() bool {
	for _, s := range t.Steps {
		switch s.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			return true
		}
	}
	return false
}

// Step is one request and what is expected of its answer.
type Step struct {
	As      schema.Word
	Method  string
	Target  string // path and query as sent
	Headers http.Header
	Body    string
	Expect  Expect
	Pos     schema.Pos
}

// Expect is what an answer must be; what is absent is not looked at.
type Expect struct {
	Status, Rows, Count *schema.IntSpec
	Code                schema.Word
	Body, Contains      *Document
}

// Document is expected JSON, or text where the answer is none.
type Document struct {
	JSON, Text string
	Pos        schema.Pos
}

// World is a project with a state of its data.
type World interface {
	http.Handler
	// Credentials are the headers that an actor sends. The error is the author's: no such account, bad claims.
	Credentials(ctx context.Context, a Actor) (http.Header, error)
	// Seed loads the project's first data.
	Seed(ctx context.Context) error
	// Add loads rows beside those that are there.
	Add(ctx context.Context, rows []Rows) error
	// Fork is another world in the same state; from then on they go their own ways.
	Fork(ctx context.Context) (World, error)
	Close() error
}

// Result is the verdict on one test.
type Result struct {
	Name     string
	Pos      schema.Pos
	Failures []Failure
}

// Failure is one expectation that was not met.
type Failure struct {
	Pos             schema.Pos
	What, Got, Want string
}

// Failed counts the tests that failed.
func Failed(results []Result) int {
	n := 0
	for _, r := range results {
		if len(r.Failures) > 0 {
			n++
		}
	}
	return n
}
