package value

import (
	"encoding/base64"
	"strconv"
	"time"
)

// AppendJSON appends the canonical JSON of v as t; NULL is null. A decimal prints at least the scale t declares;
// timestamps print in UTC.
func AppendJSON(dst []byte, t Type, v Value) []byte { return AppendJSONIn(dst, t, v, nil) }

// AppendJSONIn is AppendJSON with timestamps (not those in lists or JSON) printed at zone's offset; nil is UTC.
func AppendJSONIn(dst []byte, t Type, v Value, zone *time.Location) []byte {
	if v.list {
		return append(dst, v.s...)
	}
	switch v.kind {
	case Null:
		return append(dst, "null"...)
	case Text:
		return AppendJSONString(dst, v.s)
	case UUID, Date, Timestamp, Bytes, Duration:
		dst = append(dst, '"')
		return append(AppendTextIn(dst, t, v, zone), '"')
	}
	return AppendTextIn(dst, t, v, zone)
}

// AppendText appends the text form (CSV, ::text, ->>). NULL appends nothing.
func AppendText(dst []byte, t Type, v Value) []byte { return AppendTextIn(dst, t, v, nil) }

// AppendTextIn is AppendText with timestamps printed at zone's offset; nil is UTC.
func AppendTextIn(dst []byte, t Type, v Value, zone *time.Location) []byte {
	if v.list {
		return append(dst, v.s...)
	}
	switch v.kind {
	case Text, UUID, JSON:
		return append(dst, v.s...)
	case Int:
		return strconv.AppendInt(dst, v.n, 10)
	case Decimal:
		return appendDecimal(dst, t, v.d)
	case Float:
		return appendFloat(dst, v.Float())
	case Bool:
		return strconv.AppendBool(dst, v.n == 1)
	case Timestamp:
		return appendTimestamp(dst, v.n, zone)
	case Date:
		return appendDate(dst, v.n)
	case Bytes:
		return base64.StdEncoding.AppendEncode(dst, []byte(v.s))
	case Duration:
		return append(dst, (time.Duration(v.n) * time.Microsecond).String()...)
	}
	return dst
}

// Text is v's text form as a string.
func (v Value) Text() string { return string(AppendText(nil, Type{Kind: v.kind, List: v.list}, v)) }

func appendDecimal(dst []byte, t Type, d Dec) []byte {
	if t.Kind == Decimal && t.Precision > 0 && int32(t.Scale) > d.scale {
		d = d.extend(int32(t.Scale))
	}
	return d.Append(dst)
}

// appendFloat prints the shortest text that reads back as f, with PostgreSQL's choice between the plain and the
// exponent form: plain for decimal exponents from -4 to 14.
func appendFloat(dst []byte, f float64) []byte {
	if f == 0 {
		return append(dst, '0')
	}
	var stack [32]byte
	scientific := shortest(stack[:0], f)
	if e := exponentOf(scientific); e >= -4 && e < 15 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	return append(dst, scientific...)
}

func exponentOf(scientific []byte) int {
	for i := len(scientific) - 1; i >= 0; i-- {
		if scientific[i] == 'e' {
			n, _ := strconv.Atoi(string(scientific[i+1:]))
			return n
		}
	}
	return 1000 // NaN and infinities, which no field holds
}
