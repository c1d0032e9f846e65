package sqlite

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/store"
)

// direct is how a connection runs its statements: by the engine's own calls, one level below the driver. Through the driver
// a query costs a goroutine that waits for its end, the names and declared types of all columns, and two allocations for each
// argument and each value, together more than finding a row.
//
// The driver still opens, prepares, and closes. Two of its fields are read by name, the handles of a connection and of a statement; a
// driver that has none is found out when a connection is opened (see handle). Everything that is pointed to is the engine's memory,
// which Go neither moves nor frees: texts are copied out of it before the next step, and into memory of our own to be bound.
type direct struct {
	tls   *libc.TLS
	db    uintptr
	bound uintptr         // memory of texts that are bound
	room  int             // its size
	ctx   context.Context // of the query that runs; none ends between queries
	ended atomic.Bool     // it is to end whatever its context says
}

// The memory for bound texts: the least, and how much of it is kept between queries.
const (
	leastBound = 1 << 10
	mostBound  = 1 << 16
)

func newDirect(raw any) (*direct, error) {
	db, err := handle(raw, "db")
	if err != nil {
		return nil, err
	}
	d := &direct{tls: libc.NewTLS(), db: db, ctx: context.Background()}
	running.Store(db, d)
	return d, nil
}

// changed is how many rows the last statement that changes any has changed.
func (d *direct) changed() int64 { return int64(sqlite3.Xsqlite3_changes(d.tls, d.db)) }

// reads reports whether a statement changes nothing. Those that begin and end transactions do not.
func (d *direct) reads(stmt uintptr) bool { return sqlite3.Xsqlite3_stmt_readonly(d.tls, stmt) != 0 }

// close is called before the connection is closed.
func (d *direct) close() {
	running.Delete(d.db)
	libc.Xfree(d.tls, d.bound)
	d.tls.Close()
}

// handle reads a field that the driver keeps to itself.
func handle(of any, field string) (uintptr, error) {
	if v := reflect.ValueOf(of); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		if f := v.Elem().FieldByName(field); f.Kind() == reflect.Uintptr && f.Uint() != 0 {
			return uintptr(f.Uint()), nil
		}
	}
	return 0, fmt.Errorf("sqlite: a %T of this driver has no %s", of, field)
}

// running are the connections by their handle: all that the engine tells of itself when it asks whether to go on.
var running sync.Map // uintptr → *direct

// askEvery is after how many steps of its machine the engine asks: some ten microseconds.
const askEvery = 1000

// unwanted ends the statement that a connection runs where it is not 0. The engine calls it on the goroutine of the query.
func unwanted(_ *libc.TLS, db uintptr) int32 {
	known, _ := running.Load(db)
	if d, ok := known.(*direct); ok && (d.ended.Load() || d.ctx.Err() != nil) {
		return 1
	}
	return 0
}

// askUnwanted is unwanted as the engine calls it: a function is a pointer to its code, which stays where it is.
var askUnwanted = *(*uintptr)(unsafe.Pointer(&struct {
	f func(*libc.TLS, uintptr) int32
}{unwanted}))

// each runs a prepared statement and calls f for every row, whose columns are good until f returns.
func (d *direct) each(ctx context.Context, stmt uintptr, args []any, f func(row) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.ctx = ctx
	defer d.rest(stmt)
	if err := d.bind(stmt, args); err != nil {
		return err
	}
	sqlite3.Xsqlite3_progress_handler(d.tls, d.db, askEvery, askUnwanted, d.db)
	for {
		switch code := sqlite3.Xsqlite3_step(d.tls, stmt); code {
		case sqlite3.SQLITE_ROW:
			if err := f(row{d.tls, stmt}); err != nil {
				return err
			}
		case sqlite3.SQLITE_DONE:
			return nil
		default:
			return d.refusal(code)
		}
	}
}

// rest makes a statement ready for its next use, and lets go of what was bound to it.
func (d *direct) rest(stmt uintptr) {
	sqlite3.Xsqlite3_reset(d.tls, stmt) // its error is the last step's
	sqlite3.Xsqlite3_clear_bindings(d.tls, stmt)
	if d.room > mostBound {
		libc.Xfree(d.tls, d.bound)
		d.bound, d.room = 0, 0
	}
	d.ctx = context.Background()
}

func (d *direct) bind(stmt uintptr, args []any) error {
	want := int(sqlite3.Xsqlite3_bind_parameter_count(d.tls, stmt))
	if want > len(args) {
		return fmt.Errorf("sqlite: %d arguments for %d parameters", len(args), want)
	}
	args = args[:want] // a text need not mention its last ones
	at, err := d.reserve(args)
	if err != nil {
		return err
	}
	for i, arg := range args {
		code, n := int32(sqlite3.SQLITE_OK), int32(i+1)
		switch x := arg.(type) {
		case nil: // what is not bound is NULL
		case int64:
			code = sqlite3.Xsqlite3_bind_int64(d.tls, stmt, n, x)
		case float64:
			code = sqlite3.Xsqlite3_bind_double(d.tls, stmt, n, x)
		case string:
			copy(memory(at, len(x)), x)
			code = sqlite3.Xsqlite3_bind_text(d.tls, stmt, n, at, int32(len(x)), 0)
			at += uintptr(len(x))
		case []byte:
			copy(memory(at, len(x)), x)
			code = sqlite3.Xsqlite3_bind_blob(d.tls, stmt, n, at, int32(len(x)), 0)
			at += uintptr(len(x))
		default:
			return fmt.Errorf("sqlite: an argument of type %T", arg)
		}
		if code != sqlite3.SQLITE_OK {
			return d.refusal(code)
		}
	}
	return nil
}

// reserve gives memory for all texts of a statement's arguments.
func (d *direct) reserve(args []any) (uintptr, error) {
	need := store.TextBytes(args)
	if need > math.MaxInt32 {
		return 0, refusal{code: sqlite3.SQLITE_TOOBIG, text: "string or blob too big"}
	}
	if need < d.room {
		return d.bound, nil
	}
	libc.Xfree(d.tls, d.bound)
	d.room = max(leastBound, need+1)
	if d.bound = libc.Xmalloc(d.tls, libc.Tsize_t(d.room)); d.bound == 0 {
		d.room = 0
		return 0, refusal{code: sqlite3.SQLITE_NOMEM, text: "out of memory"}
	}
	return d.bound, nil
}

// memory is a piece of the engine's memory.
func memory(at uintptr, size int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size)
}

// refusal is an error of the engine, with its extended code.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return fmt.Sprintf("%s (%d)", r.text, r.code) }

// Code is the engine's extended result code.
func (r refusal) Code() int { return r.code }

func (d *direct) refusal(code int32) error {
	return refusal{int(code), libc.GoString(sqlite3.Xsqlite3_errmsg(d.tls, d.db))}
}
