package sqlgen

import (
	"fmt"
	"math"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Writing is what of a mutation differs between engines.
type Writing interface {
	// Lock is the clause that keeps other writers from the rows a select gives.
	Lock() string
	// Fragile reports whether a statement that fails ends its transaction, unless a savepoint was set before.
	Fragile() bool
	// Images is a select over the given rows, which are bound as parent keys: n, the ordinal, and each field by the name of
	// its place in the collection; the fields are those of the keys from column first on.
	Images(b *Builder, fields []*schema.Field, first int) string
	// Indexed is the further assignment that a search field's new value asks for; ok is false where triggers see to it.
	Indexed(f *schema.Field, v value.Value) (column, cast string, raw any, ok bool)
	// SystemTables creates the product's own tables where they are not there yet.
	SystemTables() []string
}

// RenderRule renders a rule that needs the database. Its parents are the rows' values, Over's images side by side; the answer
// is the ordinals, in order, of the rows for which the condition is not TRUE.
func RenderRule(d Dialect, r plan.Rule) (*Stmt, error) {
	if len(r.Over) == 0 {
		return nil, fault.New(fault.Internal, "Internal error").Because(fmt.Errorf("sqlgen: a rule without rows"))
	}
	stmt, err := renderRule(d, r, d.Images)
	if err == nil {
		stmt.sole, err = renderRule(d, r, oneImage)
		stmt.sole.keys = nil // no list
	}
	return stmt, err
}

func renderRule(d Dialect, r plan.Rule, images func(b *Builder, fields []*schema.Field, first int) string) (*Stmt, error) {
	b := newBuilder(d)
	stmt := &Stmt{dialect: d, Types: []value.Type{{Kind: value.Int}}}
	var from []string
	var first, join string
	for i, img := range r.Over {
		text := images(b, img.Fields, len(stmt.keys))
		alias, leave := b.Enter(img.Row, Ref{Derived: stand(img.Row.Collection)})
		defer leave()
		from = append(from, "("+text+") AS "+alias)
		if i == 0 {
			first = alias
		} else {
			join += first + ".n = " + alias + ".n AND "
		}
		for _, f := range img.Fields {
			stmt.keys = append(stmt.keys, f.Type)
		}
	}
	stmt.Text = "SELECT " + first + ".n FROM " + strings.Join(from, ", ") + " WHERE " + join + "(" + b.Expr(r.Cond) +
		") IS NOT TRUE ORDER BY 1"
	stmt.Args = b.args
	return stmt, b.err
}

// oneImage is Images of one row, value by value. A planner that sees it looks up what belongs to the row; of a list it does not
// know how long it is.
func oneImage(b *Builder, fields []*schema.Field, first int) string {
	columns := []string{"0 AS n"}
	for i, f := range fields {
		columns = append(columns, b.Keys(first+i, Coding{Form: Plain, Type: f.Type})+" AS "+Output(f.Ordinal))
	}
	return "SELECT " + strings.Join(columns, ", ")
}

// stand says that an image's columns have the stored forms of the collection's fields.
func stand(c *schema.Collection) *plan.Select {
	row := &ir.Row{Collection: c}
	s := &plan.Select{From: plan.Source{Row: row}, Columns: make([]ir.Expr, len(c.Fields))}
	for i, f := range c.Fields {
		s.Columns[i] = &ir.Column{Row: row, Field: f}
	}
	return s
}

// Locked is the statement that also keeps other writers from its rows.
func (s *Stmt) Locked() *Stmt {
	out := *s
	out.Text += s.dialect.Lock()
	return &out
}

// Guarded is a stored row as it was read: its identity and its version.
type Guarded struct {
	Key     plan.Tuple
	Version int64
}

// Bounded is the statement that gives at most n rows. The statement must have no range of its own.
func (s *Stmt) Bounded(n int) *Stmt {
	out := *s
	out.Text += " LIMIT " + Literal(n)
	return &out
}

// MaxGuarded is how many rows one Update or Delete may name.
const MaxGuarded = 100

// text collects a statement's text and arguments.
type text struct {
	strings.Builder
	d    Dialect
	args []any
	err  error
}

func (t *text) add(s ...string) *text {
	for _, x := range s {
		t.WriteString(x)
	}
	return t
}

// value adds a placeholder for a value in the stored form of its type.
func (t *text) value(of value.Type, v value.Value) *text {
	raw, err := t.d.Encode(of, v)
	if err != nil && t.err == nil {
		t.err = err
	}
	return t.raw(of, raw)
}

func (t *text) raw(of value.Type, raw any) *text {
	t.args = append(t.args, raw)
	return t.add(t.d.Placeholder(len(t.args), Coding{Type: of}))
}

func (t *text) exec() (Exec, error) { return Exec{Text: t.String(), Args: t.args}, t.err }

var (
	anInt  = value.Type{Kind: value.Int}
	aText  = value.Type{Kind: value.Text}
	quoted = func(n schema.SystemName) string { return Quote(schema.System(n)) }
)

// Update gives the rows that are still as they were read the same new values of some fields, and the next version.
func Update(d Dialect, c *schema.Collection, fields []*schema.Field, values plan.Tuple, rows []Guarded) (Exec, error) {
	t := &text{d: d}
	t.add("UPDATE ", d.Table(c), " SET ")
	for i, f := range fields {
		t.add(Quote(f.Ident), " = ").value(f.Type, values[i]).add(", ")
		if c.Search == nil || !searched(c, f) {
			continue
		}
		if column, cast, raw, ok := d.Indexed(f, values[i]); ok {
			t.add(column, " = ").raw(aText, raw).add(cast, ", ")
		}
	}
	version := quoted(schema.SystemVersion)
	t.add(version, " = ", version, " + 1 WHERE ").guard(c, rows)
	return t.exec()
}

// RenderUpdate renders an update of the rows of a select that has nothing but a condition: the fields get the values that are bound
// as the one parent, and the rows their next version.
func RenderUpdate(d Dialect, of *plan.Select, fields []*schema.Field) (*Stmt, error) {
	b := newBuilder(d)
	stmt := &Stmt{dialect: d}
	table, leave := b.from(of)
	defer leave()
	stmt.Text = "UPDATE " + table + " SET "
	for i, f := range fields {
		stmt.Text += Quote(f.Ident) + " = " + b.Keys(i, Coding{Form: Plain, Type: f.Type}) + ", "
	}
	version := quoted(schema.SystemVersion)
	stmt.Text += version + " = " + version + " + 1 WHERE " + b.Expr(of.Where)
	stmt.Args = b.args
	return stmt, b.err
}

func searched(c *schema.Collection, f *schema.Field) bool {
	for _, s := range c.Search.Fields {
		if s == f {
			return true
		}
	}
	return false
}

// Delete removes the rows that are still as they were read.
func Delete(d Dialect, c *schema.Collection, rows []Guarded) (Exec, error) {
	t := &text{d: d}
	t.add("DELETE FROM ", d.Table(c), " WHERE ").guard(c, rows)
	return t.exec()
}

// guard is TRUE for rows of the given identities and versions.
func (t *text) guard(c *schema.Collection, rows []Guarded) *text {
	identity := plan.Identity(c)
	for i, r := range rows {
		if i > 0 {
			t.add(" OR ")
		}
		t.add("(")
		for j, f := range identity {
			t.add(Quote(f.Ident), " = ").value(f.Type, r.Key[j]).add(" AND ")
		}
		t.add(quoted(schema.SystemVersion), " = ").value(anInt, value.OfInt(r.Version)).add(")")
	}
	return t
}

// InsertChunk is how many rows one INSERT of a collection has, the same on all engines.
func InsertChunk(c *schema.Collection) int {
	width := len(StoredFields(c))
	if c.Search != nil {
		width += len(c.Search.Fields)
	}
	return max(1, min(1000, 30_000/max(1, width)))
}

// Insert is the dialect's INSERT of at most InsertChunk rows, giving the identity of those that went in, in no order. Rows that
// have the same values in the fields of key as a stored one are left out where key is not nil.
func Insert(d Dialect, c *schema.Collection, rows []plan.Tuple, key []*schema.Field, giving bool) (Exec, error) {
	execs, err := d.Insert(c, rows)
	if err != nil {
		return Exec{}, err
	}
	if len(execs) != 1 {
		return Exec{}, fault.New(fault.Internal, "Internal error").Because(fmt.Errorf("sqlgen: %d statements for a chunk", len(execs)))
	}
	e := execs[0]
	if key != nil {
		e.Text += " ON CONFLICT (" + Columns(key) + ") DO NOTHING"
	}
	if giving {
		e.Text += " RETURNING " + Columns(plan.Identity(c))
	}
	return e, nil
}

// IndexOfAge finds the idempotency keys that are to be forgotten.
var IndexOfAge = "CREATE INDEX IF NOT EXISTS " + Quote(schema.Derive(schema.ForIndex, schema.System(schema.SystemIdempotent))) + " ON " +
	quoted(schema.SystemIdempotent) + ` ("at")`

// SystemTables are the statements that create the product's own tables where they are not there yet.
func SystemTables(d Dialect) []string { return d.SystemTables() }

// Savepoint, Release and Undo bracket a statement whose failure is looked into.
const (
	Savepoint = "SAVEPOINT socle_statement"
	Release   = "RELEASE SAVEPOINT socle_statement"
	Undo      = "ROLLBACK TO SAVEPOINT socle_statement"
)

// generator is a field's name in the table of identity generators.
func generator(f *schema.Field) value.Value {
	c := f.Collection
	return value.OfText(c.Space.Name() + "." + c.Ident.Name() + "." + f.Ident.Name())
}

// TakeIdentity takes n numbers of a field's generator, all above spent, and gives the last of them; no row where it has fewer
// left, or where the generator
// has not begun.
func TakeIdentity(d Dialect, f *schema.Field, spent, n int64) (Exec, error) {
	t := &text{d: d}
	t.add("UPDATE ", quoted(schema.SystemIdentity), ` SET "last" = CASE WHEN "last" < `).value(anInt, value.OfInt(spent)).
		add(" THEN ").value(anInt, value.OfInt(spent)).add(` ELSE "last" END + `).value(anInt, value.OfInt(n)).
		add(` WHERE "name" = `).value(aText, generator(f)).add(` AND "last" <= `).value(anInt, value.OfInt(math.MaxInt64-n)).
		add(` RETURNING "last"`)
	return t.exec()
}

// BeginIdentity begins a field's generator after the greatest number that is stored.
func BeginIdentity(d Dialect, f *schema.Field) (Exec, error) {
	t := &text{d: d}
	column := Quote(f.Ident)
	t.add("INSERT INTO ", quoted(schema.SystemIdentity), ` ("name", "last") SELECT `).value(aText, generator(f)).
		add(", COALESCE(max(", column, "), 0) FROM ", d.Table(f.Collection), " WHERE ", column, " > 0", ` ON CONFLICT ("name") DO NOTHING`)
	return t.exec()
}

// RaiseIdentity makes a field's generator go on after n, where it has begun and is below.
func RaiseIdentity(d Dialect, f *schema.Field, n int64) (Exec, error) {
	t := &text{d: d}
	t.add("UPDATE ", quoted(schema.SystemIdentity), ` SET "last" = `).value(anInt, value.OfInt(n)).
		add(` WHERE "name" = `).value(aText, generator(f)).add(` AND "last" < `).value(anInt, value.OfInt(n))
	return t.exec()
}

// Change is one entry of the change log. Key, Old and New are JSON texts; "" is NULL.
type Change struct {
	Collection    *schema.Collection
	Version       int64
	Key, Old, New string
	At            int64 // µs since 1970 UTC
}

// maxChanges is how many entries one statement logs.
const maxChanges = 1000

// Log appends to the change log.
func Log(d Dialect, changes []Change) ([]Exec, error) {
	var out []Exec
	for len(changes) > 0 {
		n := min(maxChanges, len(changes))
		t := &text{d: d}
		t.add("INSERT INTO ", quoted(schema.SystemChanges), ` ("namespace", "collection", "key", "version", "old", "new", "at") VALUES `)
		for i, c := range changes[:n] {
			if i > 0 {
				t.add(", ")
			}
			t.add("(").value(aText, value.OfText(c.Collection.Space.Name())).add(", ").value(aText, value.OfText(c.Collection.Ident.Name())).
				add(", ").value(aText, value.OfText(c.Key)).add(", ").value(anInt, value.OfInt(c.Version)).
				add(", ").value(aText, orNull(c.Old)).add(", ").value(aText, orNull(c.New)).
				add(", ").value(anInt, value.OfInt(c.At)).add(")")
		}
		e, err := t.exec()
		if err != nil {
			return nil, err
		}
		out, changes = append(out, e), changes[n:]
	}
	return out, nil
}

func orNull(s string) value.Value {
	if s == "" {
		return value.Value{}
	}
	return value.OfText(s)
}

// Remembered selects the body and the answer kept under an idempotency key since a moment.
func Remembered(d Dialect, scope, key string, since int64) (Exec, error) {
	t := &text{d: d}
	t.add(`SELECT "body", "answer" FROM `, quoted(schema.SystemIdempotent), ` WHERE "scope" = `).value(aText, value.OfText(scope)).
		add(` AND "key" = `).value(aText, value.OfText(key)).add(` AND "at" > `).value(anInt, value.OfInt(since))
	return t.exec()
}

// Claim takes an idempotency key; no row where another write has it. It waits for one that has not ended yet.
func Claim(d Dialect, scope, key, body string, at int64) (Exec, error) {
	t := &text{d: d}
	t.add("INSERT INTO ", quoted(schema.SystemIdempotent), ` ("scope", "key", "body", "answer", "at") VALUES (`)
	for _, s := range []string{scope, key, body, ""} {
		t.value(aText, value.OfText(s)).add(", ")
	}
	t.value(anInt, value.OfInt(at)).add(") ON CONFLICT DO NOTHING")
	return t.exec()
}

// Remember keeps the answer of the write that took an idempotency key.
func Remember(d Dialect, scope, key, answer string) (Exec, error) {
	t := &text{d: d}
	t.add("UPDATE ", quoted(schema.SystemIdempotent), ` SET "answer" = `).value(aText, value.OfText(answer)).
		add(` WHERE "scope" = `).value(aText, value.OfText(scope)).add(` AND "key" = `).value(aText, value.OfText(key))
	return t.exec()
}

// Forget drops the answers kept until a moment.
func Forget(d Dialect, until int64) (Exec, error) {
	t := &text{d: d}
	t.add("DELETE FROM ", quoted(schema.SystemIdempotent), ` WHERE "at" <= `).value(anInt, value.OfInt(until))
	return t.exec()
}
