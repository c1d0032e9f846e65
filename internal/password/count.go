package password

import (
	"context"
	"sync/atomic"
)

type countKey struct{}

// Counted is a context in which n counts the hashes that are computed.
func Counted(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, countKey{}, n)
}

func count(ctx context.Context) {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
