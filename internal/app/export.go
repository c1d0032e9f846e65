package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/transfer"
)

// ExportTo writes a collection to a stream, which has only a part of it where the error is not nil.
func (t *Transfer) ExportTo(ctx context.Context, d Dump, w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if err := t.Export(ctx, d, func(string) (io.Writer, error) { return out, nil }); err != nil {
		return err
	}
	return out.Flush()
}

// ExportFiles writes collections to files, which get their names when all of them are whole.
func (t *Transfer) ExportFiles(ctx context.Context, d Dump, name func(collection string) string, force bool) (err error) {
	var files []*draft
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.drop())
		}
	}()
	for _, c := range d.Collections {
		if _, err := os.Lstat(name(c)); err == nil && !force {
			return &Occupied{name(c)}
		}
	}
	err = t.Export(ctx, d, func(c string) (io.Writer, error) {
		f, err := begin(name(c))
		if err == nil {
			files = append(files, f)
		}
		return f, err
	})
	for _, f := range files {
		if err == nil {
			err = f.finish()
		}
	}
	for _, f := range files {
		if err == nil {
			err = f.place()
		}
	}
	return err
}

// Occupied is the error of a place where a file is.
type Occupied struct{ Path string }

// Error says what to do.
func (e *Occupied) Error() string {
	return fmt.Sprintf("%s is there already; --force replaces it", e.Path)
}

// FileName is the name of a collection's file in a folder.
func FileName(folder, collection string, f transfer.Format) string {
	return filepath.Join(folder, collection+"."+string(f))
}

// draft is a file that has its name only once it is whole.
type draft struct {
	*bufio.Writer
	file *os.File
	path string
	open bool
}

func begin(path string) (*draft, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return nil, err
	}
	return &draft{bufio.NewWriterSize(f, 64<<10), f, path, true}, nil
}

func (d *draft) finish() error {
	d.open = false
	return errors.Join(d.Flush(), d.file.Sync(), d.file.Close())
}

func (d *draft) place() error { return os.Rename(d.file.Name(), d.path) }

// drop takes away what was not placed.
func (d *draft) drop() error {
	if d.open {
		_ = d.file.Close() // it goes away
	}
	if err := os.Remove(d.file.Name()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
