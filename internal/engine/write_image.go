package engine

import (
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// image is a row in full, stored or about to be.
type image struct {
	tuple   eval.Tuple // by Field.Ordinal; computed fields are NULL
	version int64
	key     plan.Tuple // of plan.Identity
}

func (i image) guarded() sqlgen.Guarded { return sqlgen.Guarded{Key: i.key, Version: i.version} }

// imageOf reads plan.ImageColumns.
func imageOf(c *schema.Collection, columns plan.Tuple) image {
	i := image{tuple: make(eval.Tuple, len(c.Fields))}
	n := 0
	for _, f := range c.Fields {
		if f.Computed == nil {
			i.tuple[f.Ordinal] = columns[n]
			n++
		}
	}
	i.version = columns[n].Int()
	i.key = columns[n+1:]
	return i
}

// keyed sets the identity from the row's own fields; a collection without a key gets its row numbers from the engine.
func (i *image) keyed(c *schema.Collection) {
	if len(c.PrimaryKey) > 0 {
		i.key = i.project(c.PrimaryKey)
	}
}

// project is the values of some fields.
func (i image) project(fields []*schema.Field) plan.Tuple {
	out := make(plan.Tuple, len(fields))
	for j, f := range fields {
		out[j] = i.tuple[f.Ordinal]
	}
	return out
}

// with is the row with other values in some fields, in its next version.
func (i image) with(fields []*schema.Field, values plan.Tuple) image {
	out := image{tuple: append(eval.Tuple{}, i.tuple...), version: i.version + 1, key: i.key}
	for j, f := range fields {
		out.tuple[f.Ordinal] = values[j]
	}
	return out
}

func projected(rows []image, fields []*schema.Field) []plan.Tuple {
	out := make([]plan.Tuple, len(rows))
	for i, r := range rows {
		out[i] = r.project(fields)
	}
	return out
}

func identities(rows []image) []plan.Tuple {
	out := make([]plan.Tuple, len(rows))
	for i, r := range rows {
		out[i] = r.key
	}
	return out
}

func hasNull(t plan.Tuple) bool {
	for _, v := range t {
		if v.IsNull() {
			return true
		}
	}
	return false
}

// identityText tells tuples apart.
func identityText(t plan.Tuple) string {
	var buf []byte
	for _, v := range t {
		buf = appendKey(buf, v)
	}
	return string(buf)
}

func sameValue(a, b value.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	return value.Equal(a, b)
}

func sameTuple(a, b plan.Tuple) bool {
	for i := range a {
		if !sameValue(a[i], b[i]) {
			return false
		}
	}
	return true
}

// held is a stored row that was found by the values of row At of a list.
type held struct {
	image
	at int
}

// holding finds the stored rows whose fields have the values of any of the tuples. Tuples with a NULL find none.
func (x *writing) holding(fields []*schema.Field, tuples []plan.Tuple) ([]held, error) {
	stmt, err := x.engine.holders(fields)
	if err != nil {
		return nil, err
	}
	var keys []plan.Tuple
	var at []int
	for i, t := range tuples {
		if !hasNull(t) {
			keys, at = append(keys, t), append(at, i)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := x.query(stmt, keys)
	if err != nil {
		return nil, err
	}
	out := make([]held, len(rows))
	for i, r := range rows {
		out[i] = held{imageOf(fields[0].Collection, r[1:]), at[r[0].Int()]}
	}
	return out, nil
}

// among reports for each identity whether its row is one that stmt gives. A nil stmt gives all.
func (x *writing) among(stmt *sqlgen.Stmt, keys []plan.Tuple) ([]bool, error) {
	out := make([]bool, len(keys))
	if stmt == nil {
		for i := range out {
			out[i] = true
		}
		return out, nil
	}
	if len(keys) == 0 {
		return out, nil
	}
	rows, err := x.query(stmt, keys)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r[0].Int()] = true
	}
	return out, nil
}
