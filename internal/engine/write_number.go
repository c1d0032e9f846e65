package engine

import (
	"context"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// The numbers of a generator are taken within the transaction that writes them, which costs nothing beside it. Where that
// transaction is not kept, the generator is raised past them in one of its own before anybody learns of the failure.

// numbers are the identity numbers handed out, kept or not.
type numbers struct {
	mu    sync.Mutex
	spent map[*schema.Field]int64
}

// last is the greatest number known to be spent.
func (n *numbers) last(f *schema.Field) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.spent[f]
}

// hand marks the numbers after before, to last, as spent; false where some of them already are.
func (n *numbers) hand(f *schema.Field, before, last int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.spent[f] > before {
		return false
	}
	n.spent[f] = last
	return true
}

// spendTime is how long a failed write waits for its numbers to be spent for good.
const spendTime = 5 * time.Second

// spend raises generators to numbers whose transaction was not kept, whether its caller still waits or not. Where the store
// cannot write at all, the numbers stay spent in this process, and the next write that is kept raises the generator.
func (e *Engine) spend(ctx context.Context, took map[*schema.Field]int64) {
	if len(took) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spendTime)
	defer cancel()
	_ = e.store.Write(ctx, func(tx store.Tx) error {
		s := &session{engine: e, ctx: ctx, tx: tx, dialect: e.store.Dialect()}
		for f, n := range took {
			if err := s.raise(f, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// raise makes generated numbers go on after one that was given.
func (s *session) raise(f *schema.Field, n int64) error {
	changed, err := s.exec(sqlgen.RaiseIdentity(s.dialect, f, n))
	if err != nil || changed > 0 {
		return err
	}
	begun, err := s.exec(sqlgen.BeginIdentity(s.dialect, f))
	if err != nil || begun == 0 {
		return err
	}
	_, err = s.exec(sqlgen.RaiseIdentity(s.dialect, f, n))
	return err
}
