package sqlite

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// maxScaled is the greatest precision of a decimal stored as an integer.
const maxScaled = 18

// wide reports whether a decimal is stored as text of fixed width.
func wide(t value.Type) bool { return t.Precision > maxScaled }

// Encode gives the stored form of v as t.
func (Dialect) Encode(t value.Type, v value.Value) (any, error) {
	switch {
	case v.IsNull():
		return nil, nil
	case v.IsList():
		return v.Str(), nil
	}
	switch v.Kind() {
	case value.Int:
		if t.Kind == value.Decimal && !t.List {
			return encodeDecimal(t, value.FromInt(v.Int()))
		}
		return v.Int(), nil
	case value.Bool, value.Timestamp, value.Date, value.Duration:
		return v.Int(), nil
	case value.Float:
		return v.Float(), nil
	case value.Decimal:
		return encodeDecimal(t, v.Dec())
	case value.Bytes:
		return []byte(v.Str()), nil
	}
	return v.Str(), nil
}

func encodeDecimal(t value.Type, d value.Dec) (any, error) {
	if t.Precision == 0 {
		return d.String(), nil
	}
	fitted, _ := d.Rescale(int32(t.Scale), value.HalfAwayFromZero)
	if fitted.Digits() > int(t.Precision) {
		return nil, fault.New(fault.OutOfRange, "numeric field overflow")
	}
	if wide(t) {
		return wideText(fitted.Coefficient(), int(t.Precision)), nil
	}
	n, _ := fitted.Small()
	return n, nil
}

// wideText is a coefficient as n or p and digits: negative ones by their nines' complement, so that text order is number order.
func wideText(n *big.Int, width int) string {
	digits := new(big.Int).Abs(n).Text(10)
	digits = strings.Repeat("0", max(0, width-len(digits))) + digits
	if n.Sign() >= 0 {
		return "p" + digits
	}
	return "n" + complement(digits)
}

func complement(digits string) string {
	out := []byte(digits)
	for i, c := range out {
		out[i] = '9' - (c - '0')
	}
	return string(out)
}

// Decode reads a raw column of type t, stored or computed.
func (Dialect) Decode(t value.Type, raw any) (value.Value, error) {
	switch x := raw.(type) {
	case nil:
		return value.Value{}, nil
	case string:
		return DecodeText(t, x)
	case int64:
		return DecodeInt(t, x)
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return value.Value{}, fault.New(fault.OutOfRange, "value out of range: overflow")
		}
		if t.Kind == value.Float {
			return value.OfFloat(x), nil
		}
	case []byte:
		if t.Kind == value.Bytes {
			return value.OfBytes(string(x)), nil
		}
	}
	return value.Value{}, fmt.Errorf("sqlite: a %T where %s is stored", raw, t)
}

// DecodeInt is Decode of an integer.
func DecodeInt(t value.Type, n int64) (value.Value, error) {
	switch t.Kind {
	case value.Int:
		return value.OfInt(n), nil
	case value.Bool:
		return value.OfBool(n != 0), nil
	case value.Timestamp:
		return value.OfTimestamp(n), nil
	case value.Date:
		return value.OfDate(n), nil
	case value.Duration:
		return value.OfDuration(n), nil
	case value.Decimal:
		return value.OfDecimal(value.NewDec(n, int32(t.Scale))), nil
	case value.Float:
		return value.OfFloat(float64(n)), nil
	}
	return value.Value{}, fmt.Errorf("sqlite: an integer where %s is stored", t)
}

// DecodeText is Decode of a text.
func DecodeText(t value.Type, s string) (value.Value, error) {
	if t.List {
		return value.OfList(t.Kind, s), nil
	}
	switch t.Kind {
	case value.Text:
		return value.OfText(s), nil
	case value.UUID:
		return value.OfUUID(s), nil
	case value.JSON:
		return value.OfJSON(s), nil
	case value.Decimal:
		return decodeDecimal(t, s)
	}
	return value.Value{}, fmt.Errorf("sqlite: a text where %s is stored", t)
}

func decodeDecimal(t value.Type, s string) (value.Value, error) {
	if s != "" && (s[0] == 'n' || s[0] == 'p') {
		digits, sign := s[1:], ""
		if s[0] == 'n' {
			digits, sign = complement(digits), "-"
		}
		if n, ok := new(big.Int).SetString(sign+digits, 10); ok {
			return value.OfDecimal(value.FromBig(n, int32(t.Scale))), nil
		}
	}
	if d, ok := value.ParseDec(s); ok {
		return value.OfDecimal(d), nil
	}
	return value.Value{}, fmt.Errorf("sqlite: %q is no stored decimal", s)
}

// Bind codes an argument.
func (d Dialect) Bind(c sqlgen.Coding, v value.Value) (any, error) {
	if v.IsNull() {
		if c.Form == sqlgen.Elements {
			return "[null]", nil // what is looked up in an unknown list is unknown
		}
		return nil, nil
	}
	switch c.Form {
	case sqlgen.Scaled:
		return scale(c.Type, c.Op, v), nil
	case sqlgen.Elements:
		return d.elements(c.Type, value.Elements(v))
	case sqlgen.Query:
		return bindQuery(c, v)
	}
	return d.Encode(computedType(c.Type), v)
}

// computedType makes a decimal argument print as it is: its stored form would round it.
func computedType(t value.Type) value.Type {
	if t.Kind == value.Decimal {
		t.Precision = 0
	}
	return t
}

// scale is the number that a stored form of type t compares with by op as the value itself would: a value between two stored
// ones moves to the neighbour that keeps the comparison, one beyond all of them stays beyond, and nothing equals it.
func scale(t value.Type, op ir.CompareOp, v value.Value) any {
	d := v.Dec()
	if v.Kind() == value.Int {
		d = value.FromInt(v.Int())
	}
	out, fits := d.Rescale(int32(t.Scale), value.Exact)
	if !fits {
		switch op {
		case ir.Gt, ir.Le:
			out, _ = d.Rescale(int32(t.Scale), value.Floor)
		case ir.Ge, ir.Lt:
			out, _ = d.Rescale(int32(t.Scale), value.Ceil)
		default:
			return between(t)
		}
	}
	if wide(t) {
		return wideOperand(t, out)
	}
	if n, ok := out.Small(); ok {
		return n
	}
	return float64(out.Sign()) * 1e19
}

// between is a form that no stored value equals.
func between(t value.Type) any {
	if wide(t) {
		return ""
	}
	return 0.5
}

func wideOperand(t value.Type, d value.Dec) any {
	if d.Digits() <= int(t.Precision) {
		return wideText(d.Coefficient(), int(t.Precision))
	}
	if d.Sign() < 0 {
		return "m"
	}
	return "q"
}

// elements is a list as a JSON array of stored forms, for json_each.
func (d Dialect) elements(t value.Type, of []value.Value) (any, error) {
	out := []byte{'['}
	for i, e := range of {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = d.appendItem(out, t, e); err != nil {
			return nil, err
		}
	}
	return string(append(out, ']')), nil
}

func (d Dialect) appendItem(out []byte, t value.Type, v value.Value) ([]byte, error) {
	var raw any
	var err error
	if sqlgen.IsExact(t) && !v.IsNull() {
		raw = scale(t, ir.Eq, v)
	} else if raw, err = d.Encode(t, v); err != nil {
		return nil, err
	}
	switch x := raw.(type) {
	case nil:
		return append(out, "null"...), nil
	case int64:
		return strconv.AppendInt(out, x, 10), nil
	case float64:
		return strconv.AppendFloat(out, x, 'g', -1, 64), nil
	case []byte:
		return append(append(append(out, '"'), hex.EncodeToString(x)...), '"'), nil
	case string:
		return value.AppendJSONString(out, x), nil
	}
	return nil, fmt.Errorf("sqlite: %T cannot be listed", raw)
}

// BindKeys lists the parent keys: values where there is one column, else arrays of them.
func (d Dialect) BindKeys(types []value.Type, _ int, parents []plan.Tuple) (any, error) {
	out := []byte{'['}
	for i, tuple := range parents {
		if i > 0 {
			out = append(out, ',')
		}
		item, err := d.row(types, tuple)
		if err != nil {
			return nil, err
		}
		if len(types) == 1 {
			item = item[1 : len(item)-1]
		}
		out = append(out, item...)
	}
	return string(append(out, ']')), nil
}

func (d Dialect) row(types []value.Type, tuple plan.Tuple) ([]byte, error) {
	out := []byte{'['}
	var err error
	for i, v := range tuple {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = d.appendItem(out, types[i], v); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}
