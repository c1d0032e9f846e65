package migrate

import (
	"context"
	"sort"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Drift is what a database's real schema has beyond the applied declaration, and what it lacks of it: somebody changed it
// by hand. It is only reported; nothing repairs it.
type Drift struct {
	Missing, Unexpected []string
}

// Any reports whether there is a drift.
func (d Drift) Any() bool { return len(d.Missing)+len(d.Unexpected) > 0 }

// Lines says every drift in one line each.
func (d Drift) Lines() []string {
	var out []string
	for _, l := range d.Missing {
		out = append(out, "missing: "+l)
	}
	for _, l := range d.Unexpected {
		out = append(out, "not declared: "+l)
	}
	return out
}

// Drifted compares the real schema with the applied declaration. A database to which nothing was applied has no drift.
func Drifted(ctx context.Context, st store.Store) (Drift, error) {
	m, err := read(ctx, st)
	if err != nil || len(m) == 0 {
		return Drift{}, err
	}
	applied, err := schema.ReadDeclaration([]byte(m[metaDeclaration]))
	if err != nil {
		return Drift{}, fault.New(fault.Unavailable, "the database's own description is damaged").Because(err)
	}
	d, ok := st.Dialect().(sqlgen.Changer)
	if !ok {
		return Drift{}, fault.New(fault.NotImplemented, "this engine's schema cannot be inspected")
	}
	real, err := Real(ctx, st)
	if err != nil {
		return Drift{}, err
	}
	expected := map[string]bool{}
	for _, c := range stored(applied) {
		for _, line := range d.Expected(c) {
			expected[line] = true
		}
	}
	return drift(expected, real), nil
}

func drift(expected map[string]bool, real []string) Drift {
	var out Drift
	there, kinds := map[string]bool{}, map[string]bool{}
	for line := range expected {
		kinds[kindOf(line)] = true
	}
	for _, line := range real {
		there[line] = true
		if kinds[kindOf(line)] && !expected[line] {
			out.Unexpected = append(out.Unexpected, line)
		}
	}
	for line := range expected {
		if !there[line] {
			out.Missing = append(out.Missing, line)
		}
	}
	sort.Strings(out.Missing)
	return out
}

func kindOf(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return word
}

// Real lists the real schema in the engine's words: sorted lines, equal for equal schemas.
func Real(ctx context.Context, st store.Store) ([]string, error) {
	d, ok := st.Dialect().(sqlgen.Changer)
	if !ok {
		return nil, fault.New(fault.NotImplemented, "this engine's schema cannot be inspected")
	}
	snap, err := st.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	tuples, err := snap.Query(ctx, &sqlgen.Stmt{Text: d.Inspection(), Types: []value.Type{{Kind: value.Text}}}, nil)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []string
	for _, t := range tuples {
		if line := t[0].Str(); !seen[line] {
			seen[line] = true
			out = append(out, line)
		}
	}
	sort.Strings(out)
	return out, nil
}
