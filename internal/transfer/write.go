package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// least is how few rows a transaction has at least while bad rows are known one by one.
const least = 8

// batch writes the rows of a batch in their order. What is before a bad row is kept before the row is left out.
func (l *loading) batch(b *batch) error {
	if len(b.items) == 0 {
		l.mark, l.hash = l.to(b, 0, 0)
	}
	l.secondPass(b)
	for at := 0; at < len(b.items); {
		n := 0
		for n < min(l.step, len(b.items)-at) && b.items[at+n].wrong == nil {
			n++
		}
		if n == 0 {
			if err := l.leave(b, at); err != nil || l.result.Stopped {
				return err
			}
			at++
			continue
		}
		err := l.put(b, at, n)
		if err == nil {
			at += n
			l.step = min(2*l.step, batchRows)
			continue
		}
		if err := l.blame(b.items[at:at+n], err); err != nil {
			return err
		}
	}
	return nil
}

// blame finds the rows because of which a transaction failed, or makes the next one smaller. The error is one that no row is to
// blame for.
func (l *loading) blame(items []item, err error) error {
	f := fault.From(err)
	if !ofRows(f.Code) {
		return err
	}
	if f.Code == fault.ForeignKeyViolation && len(l.Waiting) > 0 && !l.mark.Wait && !l.mark.Linked && l.canWait() {
		l.mark.Wait, l.mark.Late = true, -1
		return nil
	}
	step := 0
	var failed *engine.Failure
	if errors.As(err, &failed) {
		step = failed.Step
	}
	rows := l.ops(items)[step]
	at, known := engine.RefusedRow(err)
	switch {
	case len(f.Violations) > 0:
		for _, v := range f.Violations {
			rows[v.Row].wrong = append(rows[v.Row].wrong, violated(v))
		}
	case known:
		rows[at].wrong = []string{l.says(f)}
	case len(items) == 1:
		items[0].wrong = []string{l.says(f)}
	default:
		l.step = max(1, len(items)/2)
		return nil
	}
	l.step = max(least, l.step/4)
	return nil
}

// ofRows reports whether a code speaks of rows: of their values, or of what they break.
func ofRows(c fault.Code) bool {
	return strings.HasPrefix(string(c), "22") || strings.HasPrefix(string(c), "23") || c == fault.Cardinality || c == fault.NotImplemented ||
		c == fault.TooLarge
}

func (l *loading) says(f *fault.Fault) string {
	text := f.Message
	if l.mark.Linked {
		text = "the row is in, without the references that could wait: " + text
	}
	if details, ok := f.Details.(string); ok && details != "" {
		text += ": " + details
	}
	return text
}

func violated(v fault.Violation) string {
	if v.Column == "" {
		return fmt.Sprintf("the row breaks the check \"%v\"", v.Limit)
	}
	return v.Column + ": " + v.Says()
}

// put writes rows and how far they go in one transaction.
func (l *loading) put(b *batch, at, n int) error {
	items := b.items[at : at+n]
	m, h := l.to(b, at, at+n)
	held := l.hold(b, at, n, &m)
	rows := l.ops(items)
	ops := make([]engine.Op, len(rows))
	for i, of := range rows {
		ops[i] = engine.Op{Write: l.write(of), Import: true}
	}
	if m.Linked {
		m.Second += int64(n)
	} else {
		m.Rows += int64(n)
	}
	st := l.Engine.Store()
	beside := func(ctx context.Context, tx store.Tx) error { return keep(ctx, st, tx, l.Collection, l.kept, m) }
	if len(ops) == 0 { // nothing of these rows is to be written
		l.mark, l.hash = m, h
		return nil
	}
	ops[len(ops)-1].Beside = beside
	answers, err := l.Engine.Run(l.ctx, policy.Service(), ops)
	if err != nil {
		restore(items, held)
		return err
	}
	for _, a := range answers {
		l.count(a)
	}
	l.mark, l.kept, l.hash = m, m, h
	if passed := int64(n) - affected(answers); !m.Linked && passed > 0 {
		l.mark.Rows -= passed
		l.result.Passed += passed
	}
	return nil
}

func (l *loading) count(a engine.Answer) {
	if l.mark.Linked {
		return
	}
	l.result.Written += a.Affected
	l.result.Inserted += a.Inserted
}

func affected(answers []engine.Answer) (n int64) {
	for _, a := range answers {
		n += a.Affected
	}
	return n
}

// ops divides rows into those that one operation takes: where stored rows are updated, rows that give the same columns and have
// different keys.
func (l *loading) ops(items []item) [][]*item {
	var rows []*item
	for i := range items {
		if items[i].Values != nil {
			rows = append(rows, &items[i])
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if !l.merges() {
		return [][]*item{rows}
	}
	var out [][]*item
	from, keys := 0, map[string]bool{}
	for i, x := range rows {
		id := l.keyText(x)
		if i > from && (keys[id] || !slices.Equal(x.Given, rows[from].Given)) {
			out = append(out, rows[from:i])
			from = i
			clear(keys)
		}
		if id != "" {
			keys[id] = true
		}
	}
	return append(out, rows[from:])
}

func (l *loading) merges() bool { return l.conflict() != nil && l.conflict().Merge }

// conflict is what becomes of rows that are there: the second pass updates them.
func (l *loading) conflict() *ir.Conflict {
	if l.mark.Linked {
		return &ir.Conflict{Key: l.Collection.PrimaryKey, Merge: true}
	}
	return l.On
}

// keyText tells rows apart by their conflict key; "" where one of its values is missing.
func (l *loading) keyText(x *item) string {
	var out []byte
	for _, f := range l.conflict().Key {
		i := slices.Index(l.reader.shape.fields, f)
		if i < 0 || x.Values[i].IsNull() {
			return ""
		}
		text := value.AppendText(nil, f.Type, x.Values[i])
		out = append(fmt.Appendf(out, "%d:", len(text)), text...)
	}
	return string(out)
}

// write is the insert of rows, which all give the same columns where stored rows are updated.
func (l *loading) write(items []*item) *ir.Write {
	fields := l.reader.shape.fields
	w := &ir.Write{Action: ir.Insert, Row: &ir.Row{Collection: l.Collection}, Columns: fields, Default: true, On: l.conflict(), AtMost: -1,
		Rows: make([]ir.Input, len(items))}
	if l.merges() && l.Format == NDJSON {
		w.Columns = given(fields, items[0].Given)
	}
	for i, x := range items {
		w.Rows[i] = x.Input
		if len(w.Columns) < len(fields) {
			w.Rows[i] = ir.Input{Values: given(x.Values, x.Given), Given: given(x.Given, x.Given)}
		}
	}
	return w
}

// given is the elements that are.
func given[T any](of []T, is []bool) []T {
	var out []T
	for i, x := range of {
		if is[i] {
			out = append(out, x)
		}
	}
	return out
}

// canWait reports whether a second pass would find the rows: by their primary key, which the source gives.
func (l *loading) canWait() bool {
	if len(l.Collection.PrimaryKey) == 0 || l.On != nil && !l.On.Merge {
		return false
	}
	for _, f := range l.Collection.PrimaryKey {
		if !l.reader.shape.gives(f) {
			return false
		}
	}
	return true
}

// waiting is the places of the columns that wait in the first pass.
func (l *loading) waiting() []int {
	var out []int
	for _, fk := range l.Waiting {
		for _, f := range fk.Loose() {
			if i := slices.Index(l.reader.shape.fields, f); i >= 0 && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

// hold takes the references that wait out of rows, and gives the values the rows had.
func (l *loading) hold(b *batch, at, n int, m *Mark) map[int][]value.Value {
	if !m.Wait || m.Linked {
		return nil
	}
	held := map[int][]value.Value{}
	columns := l.waiting()
	for i := range n {
		x := &b.items[at+i]
		if !refers(x, columns) {
			continue
		}
		held[i] = x.Values
		x.Values = slices.Clone(x.Values)
		for _, c := range columns {
			x.Values[c] = value.Value{}
		}
		if m.Late < 0 {
			m.Late = b.begin
			if at+i > 0 {
				m.Late += int64(b.items[at+i-1].ends)
			}
		}
	}
	return held
}

func restore(items []item, held map[int][]value.Value) {
	for i, values := range held {
		items[i].Values = values
	}
}

func refers(x *item, columns []int) bool {
	for _, c := range columns {
		if !x.Values[c].IsNull() {
			return true
		}
	}
	return false
}

// secondPass leaves of a batch the rows whose references waited.
func (l *loading) secondPass(b *batch) {
	if !l.mark.Linked {
		return
	}
	columns := l.waiting()
	starts := b.begin
	for i := range b.items {
		x := &b.items[i]
		late := starts >= l.mark.Late
		starts = b.begin + int64(x.ends)
		if !late || x.wrong != nil || !refers(x, columns) || slices.Contains(l.mark.Lost, x.line) {
			x.Input, x.wrong = ir.Input{}, nil
		}
	}
}

// Second is the job that fills in the references that wait after a result. ok is false where none does.
func (j Job) Second(r Result) (Job, bool) {
	if !r.Wait || r.Late < 0 || !r.Ended && !r.Linked {
		return j, false
	}
	if j.From = r.Mark; !r.Linked {
		j.From.Linked, j.From.Ended, j.From.At, j.From.Line, j.From.Sum = true, false, 0, 0, ""
	}
	return j, true
}
