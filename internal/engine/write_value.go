package engine

import (
	"slices"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// brought makes the rows of an insert as they will be: the body's values, defaults and generated numbers.
func (x *writing) brought() ([]image, []*schema.Field, error) {
	rows := make([]image, len(x.w.Rows))
	for i := range rows {
		rows[i] = image{tuple: make(eval.Tuple, len(x.c.Fields)), version: 1}
	}
	var dropped []*schema.Field
	for _, f := range sqlgen.StoredFields(x.c) {
		lost, err := x.bring(rows, f, slices.Index(x.w.Columns, f))
		if err != nil {
			return nil, nil, err
		}
		if lost {
			dropped = append(dropped, f)
		}
	}
	for i := range rows {
		rows[i].keyed(x.c)
	}
	return rows, dropped, nil
}

// bring sets one field of all rows; column is its place in the body, -1 where the body does not name it. lost reports that a row
// got NULL instead of the field's default.
func (x *writing) bring(rows []image, f *schema.Field, column int) (lost bool, err error) {
	var generated []int
	greatest := int64(0)
	for i := range rows {
		v := value.Value{}
		switch given := column >= 0 && x.w.Rows[i].Given[column]; {
		case given:
			if v, err = value.Fit(f.Type, x.w.Rows[i].Values[column]); err != nil {
				return false, err
			}
			if f.Identity && !v.IsNull() {
				greatest = max(greatest, v.Int())
			}
		case column >= 0 && !x.w.Default:
			lost = lost || f.Identity || f.Default.Kind != schema.NoDefault
		case f.Identity:
			generated = append(generated, i)
		default:
			if v, err = x.keyword(f, f.Default); err != nil {
				return false, err
			}
		}
		rows[i].tuple[f.Ordinal] = v
	}
	if greatest > 0 {
		n := x.generators[f]
		n.given = max(n.given, greatest)
		x.know(f, n)
	}
	return lost, x.number(rows, f, generated)
}

// number takes a generated number for each of the given rows.
func (x *writing) number(rows []image, f *schema.Field, which []int) error {
	if len(which) == 0 {
		return nil
	}
	first, err := x.take(f, int64(len(which)))
	if err != nil {
		return err
	}
	for n, i := range which {
		rows[i].tuple[f.Ordinal] = value.OfInt(first + int64(n))
	}
	return nil
}

// keyword is the value of a default or of on_update.
func (x *writing) keyword(f *schema.Field, d schema.Default) (value.Value, error) {
	var v value.Value
	from := value.Type{}
	switch d.Kind {
	case schema.Literal:
		return d.Value, nil
	case schema.DefaultNow:
		v, from.Kind = value.OfTimestamp(x.now), value.Timestamp
	case schema.DefaultToday:
		v, _ = x.env.Leaf(&ir.Now{T: value.Type{Kind: value.Date}})
		from.Kind = value.Date
	case schema.DefaultUUID:
		id, err := x.id()
		if err != nil {
			return v, err
		}
		v, from.Kind = value.OfUUID(id), value.UUID
	case schema.DefaultAuthUID:
		v, from.Kind = x.env.Auth.UID, value.UUID
	}
	if v.IsNull() || f.Type == from {
		return v, nil
	}
	return value.Cast(v, from, f.Type)
}

// changes are the fields an update sets, the body's first, then those that are set by every update.
func (x *writing) changes() []*schema.Field { return changesOf(x.c, x.w.Columns) }

func changesOf(c *schema.Collection, columns []*schema.Field) []*schema.Field {
	out := append([]*schema.Field{}, columns...)
	for _, f := range sqlgen.StoredFields(c) {
		if f.OnUpdate.Kind != schema.NoDefault && !contains(columns, f) {
			out = append(out, f)
		}
	}
	return out
}

func contains(fields []*schema.Field, f *schema.Field) bool {
	for _, g := range fields {
		if g == f {
			return true
		}
	}
	return false
}

// updated is the values of changes for one row. The body's are those of row.
func (x *writing) updated(changes []*schema.Field, row ir.Input) (plan.Tuple, error) {
	out := make(plan.Tuple, len(changes))
	for j, f := range changes {
		var err error
		switch {
		case j >= len(x.w.Columns):
			out[j], err = x.keyword(f, f.OnUpdate)
		case row.Given[j]:
			out[j], err = value.Fit(f.Type, row.Values[j])
		case x.w.Default:
			out[j], err = x.keyword(f, f.Default)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
