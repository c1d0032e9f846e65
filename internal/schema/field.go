package schema

import (
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// kinds are the scalar types by the name a project writes.
var kinds = map[string]value.Kind{
	"text": value.Text, "int": value.Int, "float": value.Float, "decimal": value.Decimal, "bool": value.Bool,
	"uuid": value.UUID, "timestamp": value.Timestamp, "date": value.Date, "json": value.JSON, "bytes": value.Bytes,
}

var typeNames = []string{"text", "int", "float", "decimal", "bool", "uuid", "timestamp", "date", "json", "bytes"}

// foreignTypes are names that people bring from elsewhere.
var foreignTypes = map[string]string{
	"string": "text", "varchar": "text", "char": "text", "integer": "int", "bigint": "int", "smallint": "int", "int8": "int",
	"serial": "int with identity: true", "number": "int, float or decimal", "numeric": "decimal", "money": "decimal",
	"boolean": "bool", "datetime": "timestamp", "timestamptz": "timestamp", "jsonb": "json", "blob": "bytes", "bytea": "bytes",
	"real": "float", "double": "float", "enum": "{ enum: [a, b] }", "ref": "{ ref: collection }", "object": "json",
}

// resolveFields makes every field of every stored collection with its type; references come after, as they take the
// type of the key they lead to.
func (r *resolver) resolveFields() {
	for _, d := range r.drafts {
		if d.spec.View != nil {
			continue
		}
		for i := range d.spec.Fields {
			r.addField(d, &d.spec.Fields[i])
		}
		for i := range d.spec.Computed {
			s := &d.spec.Computed[i]
			r.addField(d, s).Computed = &Computed{Expr: s.Expr, Trusted: s.Trusted}
			if !s.Expr.Present() {
				r.problems.Add(s.Key.Pos, "`expr: \"row.a + row.b\"`", "computed field %q has no expr", s.Key.Text)
			}
		}
		if len(d.Fields) == 0 {
			r.problems.Add(d.Pos, "`fields: { id: uuid, title: text }`, or `view:`", "collection %q has no fields", d.Key)
		}
		r.checkFormerNames(d)
	}
}

func (r *resolver) addField(d *draft, s *FieldSpec) *Field {
	f := &Field{Collection: d.Collection, Ordinal: len(d.Fields), Key: s.Key.Text, Description: s.Description,
		Required: s.Required, Identity: s.Identity, Pattern: s.Pattern.Text, Format: s.Format.Text,
		Read: s.Read, Write: s.Write, Was: s.Was.Text, Fill: s.Fill, Pos: s.Key.Pos}
	r.checkKey("field", s.Key)
	f.Name = r.wireName("field", s.Key, s.Name)
	f.Ident = Ident{f.Name}
	if s.Was.Present() {
		r.checkKey("former field", s.Was)
	}
	f.Type = r.declaredType(s)
	r.setEnum(f, s)
	d.Fields = append(d.Fields, f)
	d.fields[f] = s
	return f
}

// declaredType is the type a field states; kind Null where it comes from elsewhere or is wrong.
func (r *resolver) declaredType(s *FieldSpec) value.Type {
	t := value.Type{List: s.List}
	switch {
	case s.Enum != nil:
		t.Kind = value.Text
		if s.Type.Present() && s.Type.Text != "text" {
			r.problems.Add(s.Type.Pos, "leave `type` out", "an enum is text, not %s", s.Type.Text)
		}
	case s.Type.Present():
		t.Kind = r.kind(s.Type)
	case s.Ref.Present():
	default:
		r.problems.Add(s.Key.Pos, "one of "+strings.Join(typeNames, ", ")+", or `enum:` or `ref:`", "field %q has no type", s.Key.Text)
	}
	if t.Kind == value.Decimal {
		t.Precision, t.Scale = r.decimalSize(s)
	} else if s.Precision != nil || s.Scale != nil {
		r.problems.Add(firstPos(s.Precision, s.Scale), "", "only a decimal has precision and scale")
	}
	return t
}

func (r *resolver) kind(w Word) value.Kind {
	k, ok := kinds[w.Text]
	if ok {
		return k
	}
	hint := "types are " + strings.Join(typeNames, ", ")
	suggestion := DidYouMean(w.Text, typeNames)
	if strings.HasPrefix(w.Text, "decimal(") {
		suggestion, hint = "", "inside { … } put it in quotes: \"decimal(10, 2)\""
	}
	if known := foreignTypes[strings.ToLower(w.Text)]; known != "" {
		suggestion, hint = "", "write "+known
	}
	r.problems.Add(w.Pos, hint, "unknown type %q%s", w.Text, suggestion)
	return value.Null
}

func (r *resolver) decimalSize(s *FieldSpec) (precision, scale uint8) {
	if s.Precision == nil || s.Scale == nil {
		r.problems.Add(s.Type.Pos, "for money: `precision: 12, scale: 2`", "a decimal needs precision and scale")
		return 38, 0
	}
	p, sc := s.Precision.Value, s.Scale.Value
	if p < 1 || p > 38 {
		r.problems.Add(s.Precision.Pos, "", "precision is from 1 to 38, not %d", p)
		return 38, 0
	}
	if sc < 0 || sc > p {
		r.problems.Add(s.Scale.Pos, "", "scale is from 0 to the precision (%d), not %d", p, sc)
		return uint8(p), 0
	}
	return uint8(p), uint8(sc)
}

func firstPos(specs ...*IntSpec) Pos {
	for _, s := range specs {
		if s != nil {
			return s.Pos
		}
	}
	return Pos{}
}

func (r *resolver) setEnum(f *Field, s *FieldSpec) {
	if s.Enum == nil {
		return
	}
	if len(s.Enum) == 0 {
		r.problems.Add(s.Key.Pos, "", "enum %q has no values", s.Key.Text)
	}
	seen := map[string]bool{}
	for _, e := range s.Enum {
		if seen[e.Value.Text] {
			r.problems.Add(e.Value.Pos, "", "enum value %q is listed twice", e.Value.Text)
		}
		seen[e.Value.Text] = true
		f.Enum = append(f.Enum, e.Value.Text)
	}
	for _, e := range s.Enum {
		if !e.Was.Present() {
			continue
		}
		if seen[e.Was.Text] {
			r.problems.Add(e.Was.Pos, "", "enum value %q cannot be renamed from %q, which still exists", e.Value.Text, e.Was.Text)
		}
		if f.EnumWas == nil {
			f.EnumWas = map[string]string{}
		}
		f.EnumWas[e.Value.Text] = e.Was.Text
	}
}

// checkFormerNames refuses a `was` that still exists or that two claim.
func (r *resolver) checkFormerNames(d *draft) {
	claimed := map[string]string{}
	for _, f := range d.Fields {
		was := d.fields[f].Was
		if !was.Present() {
			continue
		}
		if _, exists := d.FieldByKey(was.Text); exists {
			r.problems.Add(was.Pos, "", "field %q cannot be renamed from %q, which still exists", f.Key, was.Text)
		}
		if by, twice := claimed[was.Text]; twice {
			r.problems.Add(was.Pos, "", "fields %q and %q both say was: %s", by, f.Key, was.Text)
		}
		claimed[was.Text] = f.Key
	}
	if d.spec.Was.Present() && r.byKey[qualified(d.Namespace, d.Was)] != nil {
		r.problems.Add(d.spec.Was.Pos, "", "collection %q cannot be renamed from %q, which still exists", d.Key, d.Was)
	}
}
