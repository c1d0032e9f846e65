package records

import (
	"encoding/json"
	"time"

	"github.com/socle-hq/socle/internal/value"
)

// Text is a text or a uuid, "" where there is none.
func (r Row) Text(field string) string { return r[field].Str() }

// Int is a number, 0 where there is none.
func (r Row) Int(field string) int64 { return r[field].Int() }

// Bool is a truth, false where there is none.
func (r Row) Bool(field string) bool { return r[field].True() }

// Bytes is a byte string, nil where there is none.
func (r Row) Bytes(field string) []byte {
	if r[field].IsNull() {
		return nil
	}
	return []byte(r[field].Str())
}

// Time is an instant, the zero time where there is none.
func (r Row) Time(field string) time.Time {
	if r[field].IsNull() {
		return time.Time{}
	}
	return time.UnixMicro(r[field].Int()).UTC()
}

// JSON reads a JSON value into at, which stays as it is where there is none.
func (r Row) JSON(field string, at any) error {
	if r[field].IsNull() {
		return nil
	}
	return json.Unmarshal([]byte(r[field].Str()), at)
}

// Text is a text as a value; "" is NULL.
func Text(s string) value.Value {
	if s == "" {
		return value.Value{}
	}
	return value.OfText(s)
}

// UUID is a uuid as a value; "" is NULL.
func UUID(s string) value.Value {
	if s == "" {
		return value.Value{}
	}
	return value.OfUUID(s)
}

// Time is an instant as a value; the zero time is NULL.
func Time(t time.Time) value.Value {
	if t.IsZero() {
		return value.Value{}
	}
	return value.OfTimestamp(t.UnixMicro())
}

// JSON is anything as a JSON value, in the canonical form.
func JSON(v any) (value.Value, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return value.Value{}, err
	}
	text, err := value.CanonicalJSON(raw)
	if err != nil {
		return value.Value{}, err
	}
	return value.OfJSON(text), nil
}
