package engine

import (
	"context"

	"github.com/socle-hq/socle/internal/policy"
)

// Tx is a write transaction in which one operation may depend on the answers of those before it. It is for one goroutine.
type Tx struct{ s *session }

// Transact runs f in one write transaction: kept where f returns nil, undone otherwise. f is run again from its beginning after a
// conflict, so it changes nothing else but what it overwrites.
func (e *Engine) Transact(ctx context.Context, actor policy.Actor, f func(*Tx) error) error {
	took := &taken{}
	err := e.retried(ctx, actor, took, false, func(s *session) error { return f(&Tx{s}) })
	if err != nil && !late(err) {
		e.spend(ctx, took.within)
	}
	return err
}

// Do carries out one operation.
func (tx *Tx) Do(op Op) (Answer, error) { return tx.s.operation(op, nil) }

// Now is the transaction's instant in µs since 1970 UTC.
func (tx *Tx) Now() int64 { return tx.s.now }
