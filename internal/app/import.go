package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/transfer"
)

// Source is a file with rows of a collection.
type Source struct {
	Collection string
	Path       string // what messages call it
	Size       int64  // bytes; 0 where that is not known
	Format     transfer.Format
	Open       func() (io.ReadCloser, error)
}

// FileSource is a source of a path.
func FileSource(collection, path string, f transfer.Format) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, err
	}
	if info.IsDir() {
		return Source{}, fmt.Errorf("%s is a folder; --all %s imports the files in it", path, path)
	}
	return Source{collection, path, info.Size(), f, func() (io.ReadCloser, error) { return os.Open(path) }}, nil
}

// StreamSource is a source of a stream. Where the stream has to be read twice it is kept in a file until clean is called: because
// rows may refer to later ones, or because there are imports that it may continue.
func (t *Transfer) StreamSource(ctx context.Context, collection string, f transfer.Format, r io.Reader) (s Source, clean func() error, err error) {
	s = Source{Collection: collection, Path: "stdin", Format: f, Open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
	clean = func() error { return nil }
	c, err := transfer.Find(t.Catalog, collection)
	if err != nil {
		return s, clean, err
	}
	list, err := t.door.marks(ctx, collection)
	if err != nil || len(list) == 0 && len(transfer.Own(c)) == 0 {
		return s, clean, err
	}
	kept, err := os.CreateTemp("", "socle-import-*")
	if err != nil {
		return s, clean, err
	}
	clean = func() error { return os.Remove(kept.Name()) }
	_, err = io.Copy(kept, r)
	if err = errors.Join(err, kept.Close()); err != nil {
		return s, clean, err
	}
	s.Open = func() (io.ReadCloser, error) { return os.Open(kept.Name()) }
	return s, clean, nil
}

// FolderSources are the files of a folder, each named by its collection, in an order that references allow.
func FolderSources(c *schema.Catalog, folder string) ([]Source, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := map[*schema.Collection]Source{}
	for _, e := range entries {
		f, ok := transfer.FormatOf(e.Name())
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !ok || strings.Contains(e.Name(), refusedMark) {
			continue
		}
		path := filepath.Join(folder, e.Name())
		col, err := transfer.Find(c, strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if other, twice := found[col]; twice {
			return nil, fmt.Errorf("%s and %s have rows of the same collection; take one of them away", other.Path, path)
		}
		if found[col], err = FileSource(col.Key, path, f); err != nil {
			return nil, err
		}
	}
	var out []Source
	for _, col := range transfer.Order(c) {
		if s, ok := found[col]; ok {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no .csv or .ndjson file", folder)
	}
	return out, nil
}

// refusedMark is in the names of files with refused rows.
const refusedMark = ".refused."

// Imported is what became of a source.
type Imported struct {
	Source
	transfer.Result
	Known   int64  // rows that an earlier run had written
	Refused string // the file with the rows that were left out; "" where there is none
}

// Import imports sources in their order, each from where an earlier run stopped unless restart is set. The references that wait are
// filled in when all rows are there. It ends at a source that is wrong or that a bad row stops; everything said of the sources until
// there is in the answer. What came to its end is remembered until Forget. l holds what is the same for all of them.
func (t *Transfer) Import(ctx context.Context, sources []Source, l Load, restart bool, observe func(Source, transfer.Event)) ([]Imported, error) {
	l.Several = len(sources) > 1
	var out []Imported
	for _, s := range sources {
		from, err := t.continues(ctx, s, restart)
		if err != nil {
			return out, err
		}
		one := Imported{Source: s, Known: from.Rows}
		err = t.one(ctx, &one, l, from, observe)
		if out = append(out, one); err != nil || one.Stopped {
			return out, err
		}
	}
	for i := range out {
		if err := t.second(ctx, &out[i], l, observe); err != nil || out[i].Stopped {
			return out, err
		}
	}
	return out, nil
}

// Forget lets go of how far imports are that came to their end. It belongs after the word that they did: until that is out, the same
// import finds everything in, and begins anew after it.
func (t *Transfer) Forget(ctx context.Context, done []Imported) error {
	for _, one := range done {
		if err := t.door.forget(ctx, one.Collection, one.ID); err != nil {
			return err
		}
	}
	return nil
}

// continues is where an earlier import of a source stopped; the zero Mark where there was none.
func (t *Transfer) continues(ctx context.Context, s Source, restart bool) (transfer.Mark, error) {
	list, err := t.door.marks(ctx, s.Collection)
	if err != nil || len(list) == 0 {
		return transfer.Mark{}, err
	}
	r, err := s.Open()
	if err != nil {
		return transfer.Mark{}, err
	}
	defer r.Close()
	m, ok, err := transfer.Matching(r, list)
	switch {
	case err != nil || !ok:
		return transfer.Mark{}, err
	case restart:
		return transfer.Mark{}, t.door.forget(ctx, s.Collection, m.ID)
	}
	return m, nil
}

func (t *Transfer) one(ctx context.Context, one *Imported, l Load, from transfer.Mark, observe func(Source, transfer.Event)) (err error) {
	r, err := one.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	l.Collection, l.Source, l.Format, l.From = one.Collection, one.Path, one.Format, from
	kept := &keeping{path: one.Path, format: one.Format, begun: one.Refused, resumed: from.Bad > 0}
	before := one.Result
	one.Result, err = t.door.load(ctx, l, r, func(e transfer.Event) {
		if l.SkipBad && !t.rehearsal {
			kept.event(e)
		}
		observe(one.Source, e)
	})
	if before.ID != 0 { // the second pass adds to what the first said
		one.Written, one.Inserted, one.Passed, one.Resumed = before.Written, before.Inserted, before.Passed, before.Resumed
	}
	one.Refused = kept.begun
	return errors.Join(err, kept.close())
}

// second fills in the references that wait.
func (t *Transfer) second(ctx context.Context, one *Imported, l Load, observe func(Source, transfer.Event)) error {
	again, ok := transfer.Job{}.Second(one.Result)
	if !ok {
		return nil
	}
	return t.one(ctx, one, l, again.From, observe)
}

// keeping writes the rows that are left out to a file beside their source, which is made for the first of them.
type keeping struct {
	path    string
	format  transfer.Format
	begun   string // the file's path
	resumed bool   // an earlier run made one
	head    []byte
	file    *os.File
	to      *transfer.Refused
	err     error
}

func (k *keeping) event(e transfer.Event) {
	if e.Head != nil {
		k.head = e.Head
	}
	if e.Bad == nil || k.err != nil {
		return
	}
	if k.file == nil {
		if k.err = k.open(); k.err != nil {
			return
		}
	}
	k.err = k.to.Add(*e.Bad)
}

// open goes on with the file of an earlier run; no other file is written over.
func (k *keeping) open() error {
	ext := filepath.Ext(k.path)
	base := strings.TrimSuffix(k.path, ext) + refusedMark
	names := []string{base + strings.TrimPrefix(ext, ".")}
	for n := 2; n < 100; n++ {
		names = append(names, fmt.Sprintf("%s%d%s", base, n, ext))
	}
	goingOn := k.begun != ""
	if goingOn {
		names = []string{k.begun}
	} else if k.resumed {
		goingOn = true
		there := slices.IndexFunc(names, func(name string) bool { _, err := os.Stat(name); return err != nil })
		names = names[max(0, there-1):]
	}
	for _, name := range names {
		how := os.O_CREATE | os.O_WRONLY | os.O_APPEND
		if !goingOn {
			how |= os.O_EXCL
		}
		f, err := os.OpenFile(name, how, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		k.file, k.begun, k.to = f, name, transfer.NewRefused(f, k.format, k.head, info.Size() > 0)
		return nil
	}
	return fmt.Errorf("there are too many files like %s", names[0])
}

func (k *keeping) close() error {
	if k.file == nil {
		return k.err
	}
	return errors.Join(k.err, k.file.Close())
}
