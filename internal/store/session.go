package store

import "context"

// Unknown is the cause of a write's error where the connection was lost while the transaction was being committed: it may
// have been kept or not. Whoever can tell by asking may run the closure again; nobody else may.
type Unknown struct {
	Cause error
	Late  bool // the connection was there, but nobody confirmed in time that the commit is durable; asking does not help
}

// Error says what is not known.
func (u *Unknown) Error() string {
	if u.Late {
		return "store: the commit was not confirmed in time and its durability is unknown; are the synchronous standbys there? " + u.Cause.Error()
	}
	return "store: the outcome of the commit is unknown: " + u.Cause.Error()
}

// Unwrap is how the connection was lost, or what was said instead of a confirmation.
func (u *Unknown) Unwrap() error { return u.Cause }

// Interrupted is the cause of a read's error where its snapshot was lost after the first statement: the whole read can be asked
// again.
type Interrupted struct{ Cause error }

// Error says what happened to the snapshot.
func (i *Interrupted) Error() string { return "store: the snapshot was lost: " + i.Cause.Error() }

// Unwrap is how it was lost.
func (i *Interrupted) Unwrap() error { return i.Cause }

type sessionKey struct{}

// ForSession says on whose behalf the store is asked: reads of a session see what the same session has written, also where
// reads are spread over copies of the database. Without one, every read sees every write.
func ForSession(ctx context.Context, session string) context.Context {
	return context.WithValue(ctx, sessionKey{}, session)
}

// SessionOf is what ForSession was told, "" where it was not.
func SessionOf(ctx context.Context) string {
	session, _ := ctx.Value(sessionKey{}).(string)
	return session
}
