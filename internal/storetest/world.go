package storetest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
	"github.com/socle-hq/socle/internal/value"
)

// World is a project with its compiled policies and its rows.
type World struct {
	Catalog   *schema.Catalog
	Set       *policy.Set
	Functions *function.Set
	Data      Rows
}

// Rows holds the raw rows of every collection, by its place in the catalogue.
type Rows map[*schema.Collection][]eval.Tuple

// Rows gives a collection's rows.
func (r Rows) Rows(c *schema.Collection) []eval.Tuple { return r[c] }

// NewWorld loads a project folder with its rows/*.ndjson; a file is named by its collection's key.
func NewWorld(t testing.TB, fsys fstest.MapFS) *World {
	t.Helper()
	catalog, problems := yamlfile.Read(fsys)
	if problems.Failed() {
		t.Fatalf("the project does not load:\n%s", yamlfile.Render(fsys, problems))
	}
	set, wrong := policy.Compile(catalog)
	if schema.Problems(wrong).Failed() {
		t.Fatalf("the policies do not compile:\n%s", yamlfile.Render(fsys, wrong))
	}
	functions, found := function.Compile(set, admission.Default())
	if found.Failed() {
		t.Fatalf("the functions do not compile:\n%s", yamlfile.Render(fsys, found))
	}
	w := &World{Catalog: catalog, Set: set, Functions: functions, Data: Rows{}}
	for _, c := range catalog.Collections {
		raw, err := fs.ReadFile(fsys, "rows/"+c.Key+".ndjson")
		if err != nil {
			continue
		}
		for i, line := range lines(raw) {
			tuple, err := readRow(c, line)
			if err != nil {
				t.Fatalf("rows/%s.ndjson:%d: %v", c.Key, i+1, err)
			}
			w.Data[c] = append(w.Data[c], tuple)
		}
	}
	return w
}

// readRow reads one object as a stored row; an absent member is NULL.
func readRow(c *schema.Collection, line []byte) (eval.Tuple, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return nil, err
	}
	tuple := make(eval.Tuple, len(c.Fields))
	for name, raw := range members {
		f, ok := c.Field(name)
		if !ok || f.Computed != nil {
			return nil, fmt.Errorf("no stored field %q", name)
		}
		v, err := stored(f.Type, raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tuple[f.Ordinal] = v
	}
	return tuple, nil
}

func stored(t value.Type, raw json.RawMessage) (value.Value, error) {
	if strings.TrimSpace(string(raw)) == "null" {
		return value.Value{}, nil
	}
	v, err := value.FromJSON(t, raw)
	if err != nil || v.IsNull() {
		return v, err
	}
	return value.Fit(t, v)
}
