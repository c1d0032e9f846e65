package store

import (
	"context"

	"github.com/socle-hq/socle/internal/fault"
)

// Holder is a store whose writes can be held off: those of every process that shares the database, and also after a restart.
// Reads go on.
type Holder interface {
	// Hold returns when all writes that are acknowledged are in the database and no other will be, until Release. The answer
	// tells holds apart; one that is there already is taken over.
	Hold(ctx context.Context) (id int64, err error)
	// Held is the hold that is there, 0 where writes are taken.
	Held(ctx context.Context) (id int64, err error)
	Release(ctx context.Context) error
}

// Refusal is what a write is answered while writes are held off.
func Refusal() *fault.Fault {
	return fault.New(fault.Unavailable, "The database takes no writes: the project is being moved, or was moved, to another one").
		WithHint("reads go on; try again when the move has ended")
}
