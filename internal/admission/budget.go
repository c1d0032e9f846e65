package admission

import (
	"sync"

	"github.com/socle-hq/socle/internal/fault"
)

// Budget is the memory that large bodies and answers of all requests may take together. Each of those who ask may have as much of
// it as is left, so that one never has it all. It is safe for concurrent use.
type Budget struct {
	limit int

	mu   sync.Mutex
	used int
	by   map[string]int
}

// NewBudget makes a budget of so many bytes.
func NewBudget(limit int) *Budget { return &Budget{limit: limit, by: map[string]int{}} }

// Share is what one request has of a budget. It is for one goroutine.
type Share struct {
	budget *Budget
	who    string
	bytes  int
}

// Of begins a share of nothing.
func (b *Budget) Of(who string) *Share { return &Share{budget: b, who: who} }

// Take makes the share larger, step by step or at once, which is the same. The error is the fault of a budget that is used up.
func (s *Share) Take(n int) error {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[s.who]+n > b.limit-b.used+s.bytes {
		return fault.New(fault.Unavailable, "The server is busy: too many large bodies and answers are under way").WithHint("try again after Retry-After")
	}
	b.used += n
	b.by[s.who] += n
	s.bytes += n
	return nil
}

// Return makes the share smaller.
func (s *Share) Return(n int) {
	n = min(n, s.bytes)
	if n <= 0 {
		return
	}
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.by[s.who] -= n; b.by[s.who] <= 0 {
		delete(b.by, s.who)
	}
	s.bytes -= n
}

// Give gives the whole share back.
func (s *Share) Give() { s.Return(s.bytes) }
