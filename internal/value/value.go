// Package value owns the value model: types, equality, ordering, NULL, text collation, canonical text and JSON
// forms, casts and arithmetic. It is the only definition of them; engines are made to agree with it. It knows
// nothing of fields, queries or engines.
package value

import "math"

// Kind is the family a value belongs to.
type Kind uint8

// The kinds. Null is the kind of the NULL value and of the literal null; no field has it.
// Duration exists in expressions only.
const (
	Null Kind = iota
	Text
	Int
	Float
	Decimal
	Bool
	UUID
	Timestamp
	Date
	JSON
	Bytes
	Duration
)

// Type is a kind with its parameters. Precision 0 on a Decimal means unbounded (sums, literals). List makes it a
// list of that element type.
type Type struct {
	Kind             Kind
	Precision, Scale uint8
	List             bool
}

// Value is one typed value; the zero Value is NULL. Values are immutable and comparable only through this package.
type Value struct {
	kind Kind
	list bool
	n    int64  // Int; Bool 0/1; Timestamp µs since 1970 UTC; Date days since 1970; Duration µs; Float bits
	s    string // Text; UUID lower-case canonical; JSON and lists: canonical JSON text; Bytes: raw
	d    Dec    // Decimal
}

// OfText, OfInt and the others wrap a Go value. OfJSON and OfList take canonical JSON text (see CanonicalJSON).
func OfText(s string) Value      { return Value{kind: Text, s: s} }
func OfInt(n int64) Value        { return Value{kind: Int, n: n} }
func OfFloat(f float64) Value    { return Value{kind: Float, n: int64(math.Float64bits(f))} }
func OfDecimal(d Dec) Value      { return Value{kind: Decimal, d: d} }
func OfUUID(s string) Value      { return Value{kind: UUID, s: s} }
func OfTimestamp(us int64) Value { return Value{kind: Timestamp, n: us} }
func OfDate(days int64) Value    { return Value{kind: Date, n: days} }
func OfDuration(us int64) Value  { return Value{kind: Duration, n: us} }
func OfJSON(s string) Value      { return Value{kind: JSON, s: s} }
func OfBytes(s string) Value     { return Value{kind: Bytes, s: s} }

// OfBool wraps a boolean.
func OfBool(b bool) Value {
	if b {
		return Value{kind: Bool, n: 1}
	}
	return Value{kind: Bool}
}

// OfList wraps a list of element kind k given as canonical JSON text.
func OfList(k Kind, s string) Value { return Value{kind: k, list: true, s: s} }

// IsNull reports whether v is NULL.
func (v Value) IsNull() bool { return v.kind == Null }

// Kind is the value's kind (a list has its elements' kind).
func (v Value) Kind() Kind { return v.kind }

// IsList reports whether v is a list.
func (v Value) IsList() bool { return v.list }

// Int is the integer payload: Int, Bool (0, 1), Timestamp (µs), Date (days), Duration (µs).
func (v Value) Int() int64 { return v.n }

// Float is the payload of a Float.
func (v Value) Float() float64 { return math.Float64frombits(uint64(v.n)) }

// Dec is the payload of a Decimal.
func (v Value) Dec() Dec { return v.d }

// Str is the string payload: Text, UUID, JSON and lists (canonical JSON text), Bytes (raw).
func (v Value) Str() string { return v.s }

// True reports whether v is the boolean TRUE: the only value that allows.
func (v Value) True() bool { return v.kind == Bool && v.n == 1 }
