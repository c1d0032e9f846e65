package mail

import (
	"context"
	"slices"
	"sync"

	"github.com/socle-hq/socle/internal/clock"
)

// Inbox keeps messages instead of delivering them, for development. It is safe for concurrent use.
type Inbox struct {
	clock clock.Clock

	mu     sync.Mutex
	keep   int
	last   int // the number of the last message
	kept   []letter
	notify []func(Message)
}

// letter is a message with its number.
type letter struct {
	Number int
	Message
}

// NewInbox keeps the last messages, at least one, in memory.
func NewInbox(keep int) *Inbox { return &Inbox{clock: clock.System(), keep: max(keep, 1)} }

// OnMessage calls f with every message that comes; f may be called from several goroutines and must not block.
func (b *Inbox) OnMessage(f func(Message)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notify = append(b.notify, f)
}

// Send keeps a message. It refuses what SMTP would refuse.
func (b *Inbox) Send(_ context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	if _, err := address(m.To); err != nil {
		return err
	}
	if m.At.IsZero() {
		m.At = b.clock.Now()
	}
	for _, f := range b.put(m) {
		f(m)
	}
	return nil
}

func (b *Inbox) put(m Message) []func(Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	if b.kept = append(b.kept, letter{b.last, m}); len(b.kept) > b.keep {
		b.kept = slices.Delete(b.kept, 0, len(b.kept)-b.keep)
	}
	return slices.Clone(b.notify)
}

// Messages are those that are kept, the newest first.
func (b *Inbox) Messages() []Message {
	letters := b.letters()
	out := make([]Message, len(letters))
	for i, l := range letters {
		out[i] = l.Message
	}
	return out
}

func (b *Inbox) letters() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.kept)
	slices.Reverse(out)
	return out
}
