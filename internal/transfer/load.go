package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// Job is one source's way into a collection.
type Job struct {
	Engine     *engine.Engine // without limits: engine.Unbounded
	Clock      clock.Clock
	Collection *schema.Collection
	Source     string // what messages call it
	Format     Format
	Rename     map[string]string    // by column of the source, the field's name; "" leaves the column out
	On         *ir.Conflict         // what becomes of rows whose key is there; nil: they are bad
	Waiting    []*schema.ForeignKey // references that may be filled in by a second pass
	SkipBad    bool                 // bad rows are reported and left out; else the first ends the import
	From       Mark                 // where an earlier run stopped; zero: at the beginning
	Observe    func(Event)          // nil: nobody looks
}

// Event is something an import has to say while it runs.
type Event struct {
	Head  []byte `json:"head,omitempty"` // of CSV, before everything else
	Rows  int64  `json:"rows"`           // written by now
	Bytes int64  `json:"bytes"`          // of the source that are dealt with
	Bad   *Bad   `json:"bad,omitempty"`  // a row that is left out
}

// Result is what became of an import.
type Result struct {
	Mark
	Resumed  bool  `json:"resumed"`
	Written  int64 `json:"written"`  // rows of this run
	Inserted int64 `json:"inserted"` // of these, new ones
	Passed   int64 `json:"passed"`   // rows whose key was there and stayed as it was
	Stopped  bool  `json:"stopped"`  // a bad row ended it; it was reported
}

// loading is one run of a job.
type loading struct {
	*Job
	ctx    context.Context
	reader *reader
	hash   hash.Hash // of the bytes that are dealt with
	mark   Mark
	kept   Mark // what the database remembers
	result Result
	step   int // rows of one transaction
}

// Import reads a source to its end, or to the first bad row. Every batch of rows is kept together with how far it goes. The source
// is given from its beginning also where an earlier run is continued. The error is a *Mistake or the environment's; what
// was done before it is in the result.
func (j Job) Import(ctx context.Context, r io.Reader) (Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	l := &loading{Job: &j, ctx: ctx, hash: sha256.New(), mark: j.From, kept: j.From, step: batchRows}
	l.result.Resumed = j.From.ID != 0
	if l.mark.ID == 0 {
		l.mark.ID = j.Clock.Now().UnixMicro()
	}
	if !l.mark.Linked {
		l.mark.Ended = false // there may be more by now
	}
	err := l.begin(r)
	if err == nil {
		err = l.run()
	}
	l.result.Mark = l.mark
	return l.result, err
}

func (l *loading) begin(r io.Reader) error {
	var err error
	if l.reader, err = l.open(r); err != nil {
		return err
	}
	if l.On != nil {
		for _, f := range l.On.Key {
			if l.Format == CSV && !l.reader.shape.gives(f) {
				return &Mistake{Source: l.Source, Line: 1, What: "the file has no column " + f.Name + ", which tells the rows apart"}
			}
		}
	}
	if l.reader.head != nil {
		l.say(Event{Head: l.reader.head})
	}
	if err := l.reader.skip(l.mark.At, l.hash); err != nil {
		return err
	}
	if l.mark.At > 0 && l.mark.Sum != sum(l.hash) {
		return &Mistake{Source: l.Source, What: "the file is not the one that was imported in part"}
	}
	if l.mark.At == 0 {
		return nil
	}
	return l.reader.joins()
}

func (l *loading) run() error {
	for b := range l.reader.batches(l.ctx) {
		if err := l.batch(b); err != nil || l.result.Stopped {
			return err
		}
		l.say(Event{})
		if b.err != nil {
			return b.err
		}
		if b.end {
			return l.finish(b)
		}
	}
	return l.ctx.Err()
}

// finish keeps that the source was read to its end.
func (l *loading) finish(b *batch) error {
	l.mark.Ended = true
	if l.mark.Linked {
		l.mark.Wait = false
	}
	st := l.Engine.Store()
	return st.Write(l.ctx, func(tx store.Tx) error { return keep(l.ctx, st, tx, l.Collection, l.kept, l.mark) })
}

// say tells how far the import is.
func (l *loading) say(e Event) {
	if l.Observe == nil {
		return
	}
	e.Rows, e.Bytes = l.mark.Rows, l.mark.At
	if l.mark.Linked {
		e.Rows = l.mark.Second
	}
	l.Observe(e)
}

// to is the mark after the first n rows of a batch, of which those from from on are new, and the sum that goes with it.
func (l *loading) to(b *batch, from, n int) (Mark, hash.Hash) {
	at := 0
	if from > 0 {
		at = b.items[from-1].ends
	}
	ends, line := len(b.raw), b.line-1+bytes.Count(b.raw, newline)
	if n < len(b.items) {
		ends, line = b.items[n-1].ends, b.items[n-1].after-1
	}
	h, _ := l.hash.(hash.Cloner).Clone() // SHA-256 can always be
	h.Write(b.raw[at:ends])
	m := l.mark
	m.At, m.Line, m.Sum = b.begin+int64(ends), line, sum(h)
	return m, h
}

// leave leaves out a bad row, or ends the import at it.
func (l *loading) leave(b *batch, i int) error {
	x := &b.items[i]
	m, h := l.to(b, i, i+1)
	if !l.SkipBad {
		l.result.Stopped = true
		for ; i < len(b.items); i++ { // what else is known to be wrong nearby
			if x := &b.items[i]; x.wrong != nil {
				l.say(Event{Bad: &Bad{Line: x.line, Reasons: x.wrong, Raw: bare(b.row(i))}})
			}
		}
		return nil
	}
	m.Bad++
	if m.Wait {
		if m.Lost = append(m.Lost, x.line); len(m.Lost) > maxLost {
			return &Mistake{Source: l.Source, Line: x.line, What: "too many rows are bad", Hint: "rows that refer to later ones cannot be told from them"}
		}
	}
	l.mark, l.hash = m, h
	l.say(Event{Bad: &Bad{Line: x.line, Reasons: x.wrong, Raw: bare(b.row(i))}})
	return nil
}
