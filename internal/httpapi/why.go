package httpapi

import (
	"context"
	"fmt"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
)

// explainEmpty tells the developer's log why a list has no rows: where the same request without policies has some, a policy
// removed them all. The client learns nothing of it.
func (s *server) explainEmpty(ctx context.Context, c *call, read *rest.Read, a *engine.Answer) {
	q := read.Request.Query
	switch {
	case !s.Dev, len(a.Result.Tuples) > 0, c.actor.Role == policy.ServiceRole:
		return
	case read.Range.Offset > 0, read.Range.Limit == 0, q.After != nil: // rows may be elsewhere
		return
	}
	without := read.Request
	without.Count = true
	answers, err := s.Engine.Run(ctx, policy.Service(), []engine.Op{{Read: without}})
	if err != nil || answers[0].Total < 1 {
		return
	}
	c.note.why = removal(read.Collection, q, answers[0].Total)
}

// removal names the policy. It is certain where the conditions mean the same to everybody: no field that is NULL to some, no
// walk over other collections.
func removal(cv *schema.CollectionView, q *ir.Query, n int64) string {
	col := cv.Collection
	p := col.Policies.Read
	switch {
	case !p.Present():
		return fmt.Sprintf("%s has no read policy: only service_role reads its rows", col.Key)
	case certain(cv, q):
		return fmt.Sprintf("every row of %s (%d) was removed by its read policy: %q (%s)", col.Key, n, p.Text, p.Pos)
	}
	return fmt.Sprintf("policies removed every row of %s (%d); its read policy is %q (%s)", col.Key, n, p.Text, p.Pos)
}

func certain(cv *schema.CollectionView, q *ir.Query) bool {
	if cv.Collection.View != nil || q.Having != nil {
		return false
	}
	for _, it := range q.Items {
		if e, ok := it.(*ir.Embed); ok && e.Inner {
			return false
		}
	}
	if q.Where == nil {
		return true
	}
	plain := true
	ir.Visit(q.Where, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.Related:
			plain = false
		case *ir.Column:
			plain = plain && x.Field.Computed == nil && !cv.IsMasked(x.Field)
		}
		return plain
	})
	return plain
}
