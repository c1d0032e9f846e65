package sqlgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Builder is one run of Render: the rows in scope, the arguments so far, and the first refusal.
type Builder struct {
	dialect Dialect
	args    []Arg
	known   map[argKey]int
	scope   map[*ir.Row]Ref
	vars    map[*ir.Var]string
	aliases int
	groups  *remembered // of the select being rendered; nil outside grouped ones
	err     error
}

// Ref is how a row in scope is read.
type Ref struct {
	Alias   string       // quoted
	Derived *plan.Select // of a view
	Outer   bool         // may be absent: joined LEFT
}

type argKey struct {
	leaf   any
	coding Coding
	key    int
}

func newBuilder(d Dialect) *Builder {
	return &Builder{dialect: d, known: map[argKey]int{}, scope: map[*ir.Row]Ref{}, vars: map[*ir.Var]string{}}
}

// Fail records why the select cannot be rendered and gives a placeholder text.
func (b *Builder) Fail(err error) string {
	if b.err == nil {
		b.err = err
	}
	return "NULL"
}

// Impossible records a node that no plan holds.
func (b *Builder) Impossible(what any) string {
	return b.Fail(fault.New(fault.Internal, "Internal error").Because(fmt.Errorf("sqlgen: unexpected %T", what)))
}

// Arg is the placeholder of a leaf's value under a coding.
func (b *Builder) Arg(leaf ir.Expr, c Coding) string {
	return b.placeholder(Arg{Leaf: leaf, Coding: c, Key: -1}, argKey{leafKey(leaf), c, -1})
}

// Keys is the placeholder of the parent keys' column, or of all columns where column is negative.
func (b *Builder) Keys(column int, c Coding) string {
	return b.placeholder(Arg{Coding: c, Key: column}, argKey{"keys", c, column})
}

func (b *Builder) placeholder(a Arg, key argKey) string {
	n, ok := b.known[key]
	if !ok {
		b.args = append(b.args, a)
		n = len(b.args)
		b.known[key] = n
	}
	return b.dialect.Placeholder(n, a.Coding)
}

// leafKey is equal for leaves that always have the same value.
func leafKey(leaf ir.Expr) any {
	switch e := leaf.(type) {
	case *ir.Param:
		return e.Slot
	case *ir.Auth:
		return fmt.Sprint("auth ", e.Name, " ", strings.Join(e.Path, "\x00"), " ", e.T)
	case *ir.Now:
		return "now " + e.T.String()
	}
	return leaf
}

// Alias makes a table alias that is new in the statement.
func (b *Builder) Alias() string {
	b.aliases++
	return Quote(schema.Alias(b.aliases - 1))
}

// Enter brings a row into scope under a new alias. leave restores what the row meant before.
func (b *Builder) Enter(row *ir.Row, ref Ref) (alias string, leave func()) {
	before, had := b.scope[row]
	if ref.Alias == "" {
		ref.Alias = b.Alias()
	}
	b.scope[row] = ref
	return ref.Alias, func() {
		if delete(b.scope, row); had {
			b.scope[row] = before
		}
	}
}

// Ref finds a row in scope.
func (b *Builder) Ref(row *ir.Row) (Ref, bool) {
	r, ok := b.scope[row]
	return r, ok
}

// Bound runs f while the element variable stands for text.
func (b *Builder) Bound(v *ir.Var, text string, f func() string) string {
	before, had := b.vars[v]
	b.vars[v] = text
	out := f()
	if delete(b.vars, v); had {
		b.vars[v] = before
	}
	return out
}

// Quote is an identifier as SQL text; the same in all engines.
func Quote(id schema.Ident) string {
	return `"` + strings.ReplaceAll(id.Name(), `"`, `""`) + `"`
}

// writeQuoted writes Quote of an identifier.
func writeQuoted(to *strings.Builder, id schema.Ident) {
	to.WriteByte('"')
	to.WriteString(strings.ReplaceAll(id.Name(), `"`, `""`))
	to.WriteByte('"')
}

// Output is the quoted name of output column n.
func Output(n int) string { return Quote(schema.Output(n)) }

// Literal is an integer that the renderer itself chose.
func Literal(n int) string { return strconv.Itoa(n) }

// Dialect is the engine rendered for.
func (b *Builder) Dialect() Dialect { return b.dialect }

// IsNullConst reports whether e is the literal NULL.
func IsNullConst(e ir.Expr) bool {
	c, ok := e.(*ir.Const)
	return ok && c.Value.IsNull()
}

// IsExact reports whether t is compared as an exact number.
func IsExact(t value.Type) bool {
	return !t.List && (t.Kind == value.Int || t.Kind == value.Decimal)
}
