// Package seed owns a project's first data: the files of seed/, what they may hold and how their rows get into empty
// collections. It reads NDJSON and CSV in a stream, applies defaults and constraints, and reports every bad row with its
// place. It knows nothing of requests and acts without row policies: seed files are the project's own.
package seed

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
)

// Folder is where seed files live in a project.
const Folder = "seed"

// maxProblems is how many problems are reported before the rest is left unread.
const maxProblems = 100

// Seeds is a project's seed files, resolved against its catalogue.
type Seeds struct {
	fsys  fs.FS
	set   *policy.Set
	clock clock.Clock
	files []file // in an order that satisfies foreign keys
}

// file is one seed file.
type file struct {
	path       string
	collection *schema.Collection
}

// Find lists the seed files of a project. Misnamed ones are problems.
func Find(fsys fs.FS, set *policy.Set, clk clock.Clock) (*Seeds, schema.Problems) {
	s := &Seeds{fsys: fsys, set: set, clock: clk}
	var problems schema.Problems
	entries, err := fs.ReadDir(fsys, Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems.Add(schema.Pos{File: Folder}, "", "the folder cannot be read")
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), ".md") {
			continue
		}
		s.add(path.Join(Folder, e.Name()), set.Catalog(), &problems)
	}
	s.files = ordered(s.files)
	return s, problems
}

func (s *Seeds) add(name string, c *schema.Catalog, problems *schema.Problems) {
	pos := schema.Pos{File: name}
	base, ext, _ := cutLast(path.Base(name), ".")
	if ext != "ndjson" && ext != "csv" {
		problems.Add(pos, "", "seed files end in .ndjson or .csv")
		return
	}
	col, ok := find(c, base)
	if !ok {
		problems.Add(pos, "", "no collection %q%s", base, schema.DidYouMean(base, names(c)))
		return
	}
	if col.View != nil {
		problems.Add(pos, "", "%q is a view and holds no rows of its own", base)
		return
	}
	for _, f := range s.files {
		if f.collection == col {
			problems.Add(pos, "", "%s seeds the same collection", f.path)
			return
		}
	}
	s.files = append(s.files, file{name, col})
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func find(c *schema.Catalog, name string) (*schema.Collection, bool) {
	for _, col := range c.Collections {
		if col.Key == name {
			return col, true
		}
	}
	return nil, false
}

func names(c *schema.Catalog) []string {
	var out []string
	for _, col := range c.Collections {
		out = append(out, col.Key)
	}
	return out
}

// ordered puts files after those their collections refer to. A circle of references keeps the order of names.
func ordered(files []file) []file {
	var out []file
	state := map[*schema.Collection]bool{}
	byCollection := map[*schema.Collection]file{}
	for _, f := range files {
		byCollection[f.collection] = f
	}
	var visit func(f file)
	visit = func(f file) {
		if state[f.collection] {
			return
		}
		state[f.collection] = true
		for _, fk := range f.collection.ForeignKeys {
			if target, ok := byCollection[fk.To]; ok {
				visit(target)
			}
		}
		out = append(out, f)
	}
	for _, f := range files {
		visit(f)
	}
	return out
}
