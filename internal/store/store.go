// Package store owns what the rest of the product needs of a database: consistent reads of rendered statements, and write
// transactions. The engines are in the packages below it. It knows nothing of requests, policies or plans beyond their
// statements and tuples.
package store

import (
	"context"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Store is an open database. It is safe for concurrent use. Errors that a caller may be shown are faults.
type Store interface {
	// Snapshot begins a consistent read; the caller closes it.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Once is a Snapshot for a caller that will ask one query: it costs no transaction.
	Once(ctx context.Context) (Snapshot, error)
	// Write runs f in a write transaction: kept where f returns nil, undone otherwise. f may be run again after a conflict.
	Write(ctx context.Context, f func(Tx) error) error
	// Dialect is the SQL that the store speaks.
	Dialect() sqlgen.Dialect
	// Failed is closed when the store cannot make writes durable any more: it refuses them from then on, for the reason that
	// Failure gives. nil where that does not happen.
	Failed() <-chan struct{}
	Failure() error
	Close() error
}

// Snapshot answers queries from one state of the database. It is for one goroutine.
type Snapshot interface {
	Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error)
	Close() error
}

// Counter is a snapshot that need not run a statement again which it, or one before it, ran in the same state of the database.
type Counter interface {
	// Number is the one value of a statement whose answer depends on rows and arguments alone.
	Number(ctx context.Context, stmt *sqlgen.Stmt, args []any) (int64, error)
}

// Ender is a snapshot that ends without being waited for where it is told, just before, that a query is its last.
type Ender interface{ Last() }

// Foreseer is a snapshot that asks its first query and the one after it at the same time, where it is told before the first what
// that will be. It is the last then.
type Foreseer interface {
	Foresee(stmt *sqlgen.Stmt, args []any)
}

// Weigher is a snapshot that has the rows of its queries weighed while they come. A nil Scale weighs nothing.
type Weigher interface{ Weigh(Scale) }

// Scale is told that rows weigh so many bytes more; its error is the query's.
type Scale interface{ Weigh(bytes int) error }

// Asker is a write transaction that need not wait for every answer.
type Asker interface {
	// Ahead asks on the way of the next statement. check sees the raw rows before that statement's outcome is looked at; its
	// error is the statement's, and the transaction is not to be kept then.
	Ahead(ask sqlgen.Exec, check func(rows [][]any) error)
}

// Leaver is a write transaction that can be told at once what is left to do, and then ends without anybody having waited between.
type Leaver interface {
	// Leaves reports whether it does so in this run.
	Leaves() bool
	// Leave is the last that a closure does before it returns nil. Where the query that unless is, if it is one, finds a row, or the
	// database refuses a statement, nothing is kept, and the closure is run again in a transaction that leaves nothing, to find
	// out why.
	Leave(unless sqlgen.Exec, rest []Step) error
}

// Step is a statement that changes so many rows; 0: however many.
type Step struct {
	sqlgen.Exec
	Rows int64

	// Row, of a step alone, names the row that it is about, with one name whoever writes it. The row may not be there: then nothing
	// is kept, and the closure is run again as above.
	Row string
}

// Tx is a write transaction. It is for one goroutine. Arguments and raw columns have the forms of the Dialect.
type Tx interface {
	Exec(ctx context.Context, sql string, args ...any) (rows int64, err error)
	Query(ctx context.Context, sql string, args ...any) ([][]any, error)
}

// Shared is a store that several processes write to at once.
type Shared interface {
	// Brief runs f in a transaction that is over soon: others wait for what it holds until then. It is kept when Brief returns, and
	// survives the server's death together with the next write that does. f may be run again although an earlier run was kept.
	Brief(ctx context.Context, f func(Tx) error) error
}
