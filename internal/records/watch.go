package records

import "context"

type watchKey struct{}

// Watched is a context in which f is told of each step before it is taken: "write" for a transaction that begins, also one that
// runs again, then what is done in which collection ("read users", "add audit"). Who compares two requests by it sees whether they
// take the same work.
func Watched(ctx context.Context, f func(step string)) context.Context {
	return context.WithValue(ctx, watchKey{}, f)
}

func watching(ctx context.Context) func(string) {
	if f, ok := ctx.Value(watchKey{}).(func(string)); ok {
		return f
	}
	return func(string) {}
}
