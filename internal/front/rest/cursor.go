package rest

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// A position's payload: the fingerprint of what was read, the number of ordering terms in one byte, and each term's value
// as a length (unsigned varint, 0 for NULL) and canonical JSON.
const fingerprintSize = 16

// position resolves after= of the root.
func (r *Read) position(s *resolver, root *level, late []syntax.Pair, in Input) error {
	ranged := syntax.Ranged(in.Header)
	for _, q := range late {
		if q.Key != "after" || root.hasField("after") {
			continue
		}
		if ranged || r.Range.Offset > 0 {
			return badCursor("after cannot be combined with offset or a Range header")
		}
		if !r.pageable(root.query) {
			return badCursor("only rows with a primary key, not groups, have a position")
		}
		payload, err := open(in.Cursor, q.Text)
		if err != nil {
			return badCursor("the position is not one this server gave").Because(err)
		}
		return r.resume(s, root.query, payload)
	}
	return nil
}

func badCursor(why string) *fault.Fault {
	return fault.New(fault.Parse, "failed to use after: %s", why)
}

func open(o Opener, token string) ([]byte, error) {
	if o == nil {
		return nil, fault.New(fault.Internal, "no key for positions")
	}
	return o.Open(token)
}

func (r *Read) pageable(q *ir.Query) bool {
	return !q.Aggregates() && len(q.Row.Collection.PrimaryKey) > 0
}

// fingerprint identifies collection, embeds, filters with their values, and order; not the columns, the range and the position.
func (r *Read) fingerprint(q *ir.Query, args []value.Value) [fingerprintSize]byte {
	bare := *q
	bare.Limit, bare.Offset, bare.After, bare.Items = nil, nil, nil, nil
	for _, it := range q.Items {
		if e, ok := it.(*ir.Embed); ok { // its filters, and inner ones filter the rows
			bare.Items = append(bare.Items, e)
		}
	}
	p := ir.NewPrinter()
	p.Text(q.Row.Collection.Namespace + "." + q.Row.Collection.Name)
	p.Query(&bare, 0)
	buf := []byte(p.String())
	for _, v := range args[:r.filterArgs] {
		text := value.AppendJSON(nil, typeOf(v), v)
		buf = binary.AppendUvarint(buf, uint64(len(text)))
		buf = append(buf, text...)
	}
	sum := sha256.Sum256(buf)
	return [fingerprintSize]byte(sum[:])
}

func typeOf(v value.Value) value.Type { return value.Type{Kind: v.Kind(), List: v.IsList()} }

// Next is the token of the position after a row, given the row's values of the root's ordering terms; "" where rows have
// no position.
func (r *Read) Next(s Sealer, row []value.Value) string {
	q := r.Request.Query
	if q == nil || !r.pageable(q) || len(row) != len(q.Order) || len(row) > 255 {
		return ""
	}
	print := r.fingerprint(q, r.Request.Args)
	payload := append(print[:], byte(len(row)))
	for i, v := range row {
		if v.IsNull() {
			payload = append(payload, 0)
			continue
		}
		text := value.AppendJSON(nil, q.Order[i].X.Type(), v)
		payload = binary.AppendUvarint(payload, uint64(len(text)))
		payload = append(payload, text...)
	}
	return s.Seal(payload)
}

// resume makes a payload the query's position.
func (r *Read) resume(s *resolver, q *ir.Query, payload []byte) error {
	print := r.fingerprint(q, s.args)
	if len(payload) <= fingerprintSize || string(payload[:fingerprintSize]) != string(print[:]) ||
		int(payload[fingerprintSize]) != len(q.Order) {
		return badCursor("the position belongs to another order, filter or embed")
	}
	rest := payload[fingerprintSize+1:]
	after := &ir.After{}
	for _, o := range q.Order {
		n, size := binary.Uvarint(rest)
		if size <= 0 || uint64(len(rest)-size) < n {
			return badCursor("the position is not one this server gave")
		}
		text := rest[size : size+int(n)]
		rest = rest[size+int(n):]
		t := o.X.Type()
		var v value.Value
		if n > 0 {
			var err error
			if v, err = value.FromJSON(t, text); err != nil {
				return badCursor("the position is not one this server gave").Because(err)
			}
			if v.IsNull() { // a JSON null is a value, and has a place before all others
				v = value.OfJSON("null")
			}
		}
		after.Values = append(after.Values, s.param(t, v))
		after.Null = append(after.Null, n == 0)
	}
	q.After = after
	return nil
}
