package value

import "strconv"

var kindNames = [...]string{
	Null: "null", Text: "text", Int: "int", Float: "float", Decimal: "decimal", Bool: "bool", UUID: "uuid",
	Timestamp: "timestamp", Date: "date", JSON: "json", Bytes: "bytes", Duration: "duration",
}

var sqlNames = [...]string{
	Null: "unknown", Text: "text", Int: "bigint", Float: "double precision", Decimal: "numeric", Bool: "boolean",
	UUID: "uuid", Timestamp: "timestamp with time zone", Date: "date", JSON: "json", Bytes: "bytea",
	Duration: "interval",
}

// String names a type as a project writes it: text, int, decimal(8,2), timestamp, text[] ….
func (t Type) String() string {
	name := kindNames[t.Kind]
	if t.Kind == Decimal && t.Precision > 0 {
		name += "(" + strconv.Itoa(int(t.Precision)) + "," + strconv.Itoa(int(t.Scale)) + ")"
	}
	if t.List {
		name += "[]"
	}
	return name
}

// SQLName names a type as PostgreSQL's error texts do: bigint, numeric, timestamp with time zone, text[] ….
func (t Type) SQLName() string {
	if t.List {
		return sqlNames[t.Kind] + "[]"
	}
	return sqlNames[t.Kind]
}

// Element is the type of a list's elements; of a scalar it is the type itself.
func (t Type) Element() Type {
	t.List = false
	return t
}

// Numeric reports whether the type is a scalar int, float or decimal.
func (t Type) Numeric() bool {
	return !t.List && (t.Kind == Int || t.Kind == Float || t.Kind == Decimal)
}
