package engine

import (
	"fmt"
	"sort"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// broken gives the rows, by index and in order, for which a rule is not TRUE; olds are the rows before, where the rule reads
// them.
func (x *writing) broken(r rule, rows, olds []image) ([]int, error) {
	switch {
	case len(rows) == 0 || ir.IsTrue(r.Cond):
		return nil, nil
	case r.stmt != nil:
		return x.brokenThere(r, rows, olds)
	}
	m := eval.New(x.env, nil)
	var out []int
	for i := range rows {
		var scope *eval.Scope
		if olds != nil {
			scope = scope.With(x.bound.Old(), olds[i].tuple)
		}
		if m.Truth(r.Cond, scope.With(x.bound.New(), rows[i].tuple)) != ir.True {
			out = append(out, i)
		}
	}
	return out, m.Err()
}

// brokenThere asks the database, which knows the rows that the rule walks to.
func (x *writing) brokenThere(r rule, rows, olds []image) ([]int, error) {
	found, err := x.query(r.stmt.For(len(rows)), x.over(r, rows, olds))
	if err != nil {
		return nil, err
	}
	out := make([]int, len(found))
	for i, t := range found {
		out[i] = int(t[0].Int())
	}
	return out, nil
}

// asked is a rule's statement about rows.
func (x *writing) asked(r rule, rows, olds []image) (sqlgen.Exec, error) {
	stmt := r.stmt.For(len(rows))
	args, err := stmt.Bind(x.env, x.over(r, rows, olds))
	return sqlgen.Exec{Text: stmt.Text, Args: args, Listed: stmt.Keyed()}, err
}

// over is what a rule's statement is told of rows.
func (x *writing) over(r rule, rows, olds []image) []plan.Tuple {
	tuples := make([]plan.Tuple, len(rows))
	for i := range rows {
		for _, img := range r.Over {
			from := rows[i]
			if img.Row == x.bound.Old() {
				from = olds[i]
			}
			tuples[i] = append(tuples[i], from.project(img.Fields)...)
		}
	}
	return tuples
}

// permitted refuses rows for which a policy is not TRUE, at the latest with the statement that writes them. An upsert has more to
// refuse between the two, and so waits.
func (x *writing) permitted(r rule, rows, olds []image) (err error) {
	asks := r.stmt != nil && !ir.IsTrue(r.Cond)
	if asks && x.leaver != nil {
		x.unless, err = x.asked(r, rows, olds)
		return err
	}
	if asker, ok := x.tx.(store.Asker); ok && asks && x.w.On == nil && len(rows) > 0 {
		ask, err := x.asked(r, rows, olds)
		if err != nil {
			return err
		}
		asker.Ahead(ask, func(broken [][]any) error {
			if len(broken) > 0 {
				return x.denied()
			}
			return nil
		})
		return nil
	}
	broken, err := x.broken(r, rows, olds)
	if err != nil || len(broken) == 0 {
		return err
	}
	return x.denied()
}

func (x *writing) denied() error {
	return fault.New(fault.Denied, "new row violates row-level security policy for table %q", x.c.Name)
}

// writable refuses fields that may not be written in one of the rows: new ones of an insert, stored ones of an update.
func (x *writing) writable(rows []image) error {
	for _, r := range x.m.fields {
		broken, err := x.broken(r, rows, nil)
		if err != nil {
			return err
		}
		if len(broken) > 0 {
			return fault.New(fault.Denied, "permission denied for column %q of relation %q", r.Field.Name, x.c.Name)
		}
	}
	return nil
}

// violation is a broken constraint with what its message needs.
type violation struct {
	fault.Violation
	field *schema.Field // nil: a check of the row
	value value.Value
	entry *schema.Entry // of an index, which is too long
}

// constrained tests rows against the constraints of some fields and the collection's checks. input gives the row of the body
// that a row comes from. All violations are reported together.
func (x *writing) constrained(rows []image, fields []*schema.Field, input func(int) int) error {
	var found []violation
	for i, r := range rows {
		for _, f := range fields {
			for _, v := range constraints(f, r.tuple[f.Ordinal]) {
				v.Row = input(i)
				found = append(found, violation{Violation: v, field: f, value: r.tuple[f.Ordinal]})
			}
		}
	}
	for n, check := range x.m.checks {
		broken, err := x.broken(check, rows, nil)
		if err != nil {
			return err
		}
		for _, i := range broken {
			found = append(found, violation{Violation: fault.Violation{Row: input(i), Rule: "check", Limit: x.c.Checks[n].Name}})
		}
	}
	return x.report(append(found, x.overlong(rows, fields, input)...))
}

// overlong finds the rows whose values do not go into an index with one of the fields.
func (x *writing) overlong(rows []image, fields []*schema.Field, input func(int) int) (found []violation) {
	for i := range x.m.entries {
		e := &x.m.entries[i]
		if !touches(e.Fields, fields) {
			continue
		}
		for n, r := range rows {
			if e.Takes(r.tuple) <= schema.EntryBytes {
				continue
			}
			f := e.Longest(r.tuple)
			found = append(found, violation{Violation: fault.Violation{Row: input(n), Column: f.Name, Rule: "index", Limit: schema.EntryBytes}, field: f, entry: e})
		}
	}
	return found
}

func constraints(f *schema.Field, v value.Value) []fault.Violation {
	if v.IsNull() && f.IsKey() {
		return []fault.Violation{{Column: f.Name, Rule: "required"}}
	}
	return schema.CheckValue(f, v)
}

// report is the fault of the first violation, with all of them whose columns the actor may know.
func (x *writing) report(found []violation) error {
	if len(found) == 0 {
		return nil
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Row < found[j].Row })
	f := x.violated(found[0])
	seen := map[string]bool{}
	for _, v := range found {
		id := fmt.Sprint(v.Row, " ", v.Column, " ", v.Rule, " ", v.Limit)
		if seen[id] || v.field != nil && !x.bound.Names(v.field) {
			continue
		}
		seen[id] = true
		f.Violations = append(f.Violations, v.Violation)
	}
	return f
}

// violated says of one violation what PostgreSQL says.
func (x *writing) violated(v violation) *fault.Fault {
	table := x.c.Name
	switch {
	case v.entry != nil:
		return v.entry.Overlong(x.c, x.namesAll(v.entry.Fields))
	case v.field == nil:
		return fault.New(fault.CheckViolation, "new row for relation %q violates check constraint \"%v\"", table, v.Limit)
	case !x.bound.Names(v.field):
		return fault.New(fault.CheckViolation, "new row for relation %q violates a constraint", table)
	case v.Rule == "required":
		return fault.New(fault.NotNull, "null value in column %q of relation %q violates not-null constraint", v.Column, table)
	case v.Rule == "enum":
		return fault.New(fault.InvalidText, "invalid input value for enum %s: %q", x.c.Name+"_"+v.Column, v.value.Text())
	case v.Rule == "max" && v.field.Type == value.Type{Kind: value.Text}:
		return fault.New(fault.TooLong, "value too long for type character varying(%v)", v.Limit)
	}
	return fault.New(fault.CheckViolation, "new row for relation %q violates check constraint %q", table, table+"_"+v.Column+"_"+v.Rule)
}

func itself(i int) int { return i }
func first(int) int    { return 0 }
