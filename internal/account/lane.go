package account

import (
	"context"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// atOnce is how many messages of a lane a server sends at the same time.
const atOnce = 4

// lane is a way on which messages leave. What holds up one of them holds up no other, and a slow recipient none of the others, as
// long as there are fewer than atOnce. A server sends messages to one address one after the other, the first due first; several servers
// promise no order.
type lane struct {
	*Service
	of   []records.Cond // the rows of the outbox that take it
	wake chan struct{}  // something may be due

	slots chan struct{}
	mu    sync.Mutex
	under map[string]bool // addresses to which a message is under way
}

// lanes are those of mail, of text messages, and of what is asked for and sends nothing itself.
func (s *Service) openLanes() []*lane {
	kind := func(name string) value.Value { return value.OfText(name) }
	var out []*lane
	for _, of := range [][]records.Cond{{records.Not("kind", kind(texting)), records.Not("kind", kind(asking))}, {records.Is("kind", kind(texting))},
		{records.Is("kind", kind(asking))}} {
		out = append(out, &lane{Service: s, of: of, wake: make(chan struct{}, 1), slots: make(chan struct{}, atOnce), under: map[string]bool{}})
	}
	return out
}

// nudge says that something may be due.
func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run sends what is due until ctx ends, and returns when nothing is under way any more.
func (l *lane) run(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	tick := time.NewTicker(firstPause)
	defer tick.Stop()
	for {
		if l.round(ctx, &sending) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-tick.C:
		}
	}
}

// round begins to send what is due now; more reports that there may be more.
func (l *lane) round(ctx context.Context, sending *sync.WaitGroup) (more bool) {
	where := append(l.others(), records.Upto("due_at", records.Time(l.now())))
	rows, _, err := l.Book.At(ctx).Read(records.Query{Of: "outbox", Where: where, Order: []string{"due_at", "id"}, Limit: perRound})
	if err != nil {
		if ctx.Err() == nil {
			l.Log.Warn("the outbox cannot be read", "cause", err)
		}
		return false
	}
	begun := 0
	for _, r := range rows {
		select {
		case <-ctx.Done():
			return false
		case l.slots <- struct{}{}:
		}
		if l.enter(ctx, r) {
			begun++
			sending.Go(func() { l.Guard("mail", func() { l.send(ctx, r) }) })
		} else {
			<-l.slots
		}
	}
	return begun > 0 && len(rows) == perRound
}

// others are the conditions of rows to addresses to which nothing is under way.
func (l *lane) others() []records.Cond {
	l.mu.Lock()
	defer l.mu.Unlock()
	where := append([]records.Cond(nil), l.of...)
	for address := range l.under {
		where = append(where, records.Not("address", value.OfText(address)))
	}
	return where
}

// enter claims a row, unless a message to its address is under way: who ends that one looks again.
func (l *lane) enter(ctx context.Context, r records.Row) bool {
	address := r.Text("address")
	l.mu.Lock()
	busy := l.under[address]
	l.under[address] = true
	l.mu.Unlock()
	if busy {
		return false
	}
	mine, err := l.claim(ctx, r)
	if err != nil || !mine || ctx.Err() != nil {
		l.leave(address)
		return false
	}
	return true
}

func (l *lane) leave(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.under, address)
}

// send sends a row that was claimed, and gives its place free.
func (l *lane) send(ctx context.Context, r records.Row) {
	defer l.nudge()
	defer func() { <-l.slots }()
	defer l.leave(r.Text("address"))
	err := l.post(ctx, r)
	if err != nil && ctx.Err() == nil {
		l.Log.Warn("a message cannot be sent", "kind", r.Text("kind"), "tries", r.Int("tries")+1, "final", !temporary(r, err), "cause", err)
	}
}

// claim keeps a message for this server for a while: of several servers one has it.
func (s *Service) claim(ctx context.Context, r records.Row) (mine bool, err error) {
	err = s.Book.Write(ctx, func(tx *records.Tx) error {
		rows, err := tx.Change("outbox", records.Row{"due_at": records.Time(timeOf(tx).Add(claimed)), "tries": value.OfInt(r.Int("tries") + 1)},
			records.Is("id", r["id"]), records.Is("tries", r["tries"]))
		mine = len(rows) == 1
		return err
	})
	return mine, err
}

// post sends a message and takes it out of the outbox, or leaves it there for later. What has become of it is noted also where the
// server is about to stop: another one would have to wait until the claim is over.
func (s *Service) post(ctx context.Context, r records.Row) error {
	err := s.carry(ctx, r)
	stopped := ctx.Err() != nil
	again := err != nil && (temporary(r, err) || stopped)
	pause := min(longPause, firstPause<<min(r.Int("tries"), 10))
	if stopped {
		pause = 0
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), parting)
		defer stop()
	}
	kept := s.Book.Write(ctx, func(tx *records.Tx) error {
		id := records.Is("id", r["id"])
		if again {
			_, err := tx.Change("outbox", records.Row{"due_at": records.Time(timeOf(tx).Add(pause))}, id)
			return err
		}
		_, err := tx.Remove("outbox", id)
		return err
	})
	return firstError(err, kept)
}
