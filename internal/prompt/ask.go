package prompt

import (
	"context"
	"time"
)

// Database answers one statement after another.
type Database interface {
	// Ask runs one statement and gives its answer to a sink. What the database says against the statement is a *Refused.
	Ask(ctx context.Context, text string, to Sink) error
	Close(ctx context.Context) error
}

// Cell is one value of an answer.
type Cell struct {
	Text string
	Null bool
	JSON bool // Text is JSON as it stands: a number, a document
}

// Sink takes an answer: its columns once, then its rows.
type Sink interface {
	Head(columns []string) error
	Row(cells []Cell) error
	End() error
}

// limited bounds how long a statement may take.
func limited(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, most)
}

func late(most time.Duration) error {
	return refuse("the statement took longer than %s and was ended; --timeout gives it more", most)
}
