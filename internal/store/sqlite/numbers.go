package sqlite

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// What a connection keeps: so many numbers, each under a key of at most so many bytes.
const (
	keptNumbers = 256
	keptKey     = 2 << 10
)

// numbers is what statements of one number answered a connection, all in one state of the database. The engine's data_version
// tells states apart: within a transaction it is another one wherever the connection's own cache of pages is not that of the
// transaction's state any more.
type numbers struct {
	state any
	kept  map[string]int64
}

var _ store.Counter = (*snapshot)(nil)

// Number is the one value of a statement. A statement that ran on the same connection with the same arguments, and since when
// nothing was written, is not run again.
func (q *snapshot) Number(ctx context.Context, stmt *sqlgen.Stmt, args []any) (int64, error) {
	if err := q.enter(); err != nil {
		return 0, shown(ctx, err)
	}
	n, err := q.number(ctx, stmt, args)
	if q.leave() {
		return 0, errEnded()
	}
	return n, shown(ctx, err)
}

func (q *snapshot) number(ctx context.Context, stmt *sqlgen.Stmt, args []any) (int64, error) {
	key := keyOf(stmt.Text, args)
	if key == nil || !q.begun { // without a transaction, the state may change between two statements
		return q.counted(ctx, stmt, args)
	}
	k := &q.conn.numbers
	if err := k.turn(q.conn); err != nil {
		return 0, err
	}
	n, ok := k.kept[string(key)]
	if ok {
		return n, nil
	}
	n, err := q.counted(ctx, stmt, args)
	if err == nil {
		k.keep(key, n)
	}
	return n, err
}

func (q *snapshot) counted(ctx context.Context, stmt *sqlgen.Stmt, args []any) (int64, error) {
	rows, err := q.conn.decoded(ctx, stmt, args, nil)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0][0].Int(), nil
}

// turn drops everything where the connection's transaction sees another state than that of the numbers.
func (k *numbers) turn(c *conn) error {
	state, err := c.pragma("data_version")
	if err == nil && state != k.state {
		k.state = state
		clear(k.kept)
	}
	return err
}

// keep starts anew where there are too many.
func (k *numbers) keep(key []byte, n int64) {
	if k.kept == nil {
		k.kept = map[string]int64{}
	}
	if len(k.kept) == keptNumbers {
		clear(k.kept)
	}
	k.kept[string(key)] = n
}

// keyOf is different for different texts or arguments; nil where it would be too long.
func keyOf(text string, args []any) []byte {
	key := binary.AppendUvarint(make([]byte, 0, len(text)+64), uint64(len(text)))
	key = append(key, text...)
	for _, a := range args {
		switch a := a.(type) {
		case nil:
			key = append(key, 'n')
		case int64:
			key = binary.BigEndian.AppendUint64(append(key, 'i'), uint64(a))
		case float64:
			key = binary.BigEndian.AppendUint64(append(key, 'f'), math.Float64bits(a))
		case string:
			key = append(binary.AppendUvarint(append(key, 's'), uint64(len(a))), a...)
		case []byte:
			key = append(binary.AppendUvarint(append(key, 'b'), uint64(len(a))), a...)
		default:
			return nil
		}
	}
	if len(key) > keptKey {
		return nil
	}
	return key
}
