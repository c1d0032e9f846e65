package postgres

import (
	"context"
	"errors"

	"github.com/socle-hq/socle/internal/store"
)

var _ store.Shared = (*Store)(nil)

// lightly: what is committed later is flushed later, so that no later write survives without this one; nobody waits for the disk,
// or for a standby, while others wait for a row.
var lightly = setting{"synchronous_commit", "off"}

// Brief runs f in a transaction without a mark: where its outcome is unknown, it is run again.
func (s *Store) Brief(ctx context.Context, f func(store.Tx) error) error {
	var err error
	for run := range maxRuns {
		prelude := opening(readCommitted, append(bounds(ctx, s.clock.Now()), lightly), s.gate())
		if err = s.attempt(ctx, prelude, f); err == nil {
			return nil
		}
		if isLost(err) || isForgotten(err) {
			s.main.Reset()
		}
		if ctx.Err() != nil || !unsure(err) && !isConflict(err) && !isLost(err) || !s.pause(ctx, run) {
			break
		}
	}
	if unsure(err) {
		err = unreachable(errors.New(err.Error())) // of the caller's write it is known: nothing was kept
	}
	return shown(ctx, err)
}

func unsure(err error) bool {
	var u *store.Unknown
	return errors.As(err, &u)
}
