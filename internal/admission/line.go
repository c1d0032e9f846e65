package admission

import (
	"container/list"
	"time"
)

// lines are those who wait, by who they are, in the order in which it is their turn.
type lines struct {
	by    map[string]*list.Element // of turns
	turns *list.List               // of *line, none of them empty
}

type line struct {
	who     string
	waiters *list.List // of *waiter
}

// waiter is one request that waits.
type waiter struct {
	since  time.Time
	called chan struct{} // closed when it may enter
	line   *list.Element // of turns; nil once it no longer waits
	at     *list.Element // of the line's waiters
}

func newLines() lines { return lines{map[string]*list.Element{}, list.New()} }

// of is how many wait in a line, and since when the first of them does.
func (l *lines) of(who string) (n int, oldest time.Time) {
	e, ok := l.by[who]
	if !ok {
		return 0, time.Time{}
	}
	all := e.Value.(*line).waiters
	return all.Len(), all.Front().Value.(*waiter).since
}

// add puts a waiter at the end of a line; a new line has its turn last.
func (l *lines) add(who string, now time.Time) *waiter {
	e, ok := l.by[who]
	if !ok {
		e = l.turns.PushBack(&line{who, list.New()})
		l.by[who] = e
	}
	w := &waiter{since: now, called: make(chan struct{}), line: e}
	w.at = e.Value.(*line).waiters.PushBack(w)
	return w
}

// next takes out the first of the line whose turn it is. There must be one.
func (l *lines) next() *waiter {
	e := l.turns.Front()
	w := e.Value.(*line).waiters.Front().Value.(*waiter)
	l.turns.MoveToBack(e)
	l.remove(w)
	return w
}

// remove takes out a waiter; false where it no longer waits.
func (l *lines) remove(w *waiter) bool {
	if w.line == nil {
		return false
	}
	of := w.line.Value.(*line)
	of.waiters.Remove(w.at)
	if of.waiters.Len() == 0 {
		l.turns.Remove(w.line)
		delete(l.by, of.who)
	}
	w.line = nil
	return true
}
