package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/transfer"
)

type exportCommand struct {
	Args []string `arg:"" optional:"" name:"collection dir" help:"The collection and the project's folder; with --all only the project's folder."`
	datadir
	All      string `help:"Export every collection to a file of its own in a folder." placeholder:"FOLDER" type:"path"`
	Out      string `help:"The file to write, instead of standard output." placeholder:"FILE" type:"path"`
	Format   string `help:"csv or ndjson (default: what the file's name says, else ndjson)." enum:"csv,ndjson," default:""`
	Force    bool   `help:"Replace files that are there."`
	Harmless bool   `help:"CSV for spreadsheets: an apostrophe before text that would be computed. Such a file is not imported as it was."`
}

// Run writes collections as they are at one moment.
func (c *exportCommand) Run(s *session) (err error) {
	if err := c.misused(); err != nil {
		return usage{err}
	}
	p := c.at(argument(c.Args, given(c.All == ""), "."))
	if err := p.exists(); err != nil {
		return err
	}
	t, err := app.OpenTransfer(s.ctx, p.options(s, slog.New(slog.DiscardHandler), false))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	d := app.Dump{Format: c.format(), Harmless: c.Harmless}
	if c.All != "" {
		return c.everything(s, t, d)
	}
	col, err := transfer.Find(t.Catalog, c.Args[0])
	if err != nil {
		return usage{err}
	}
	d.Collections = []string{col.Key}
	if c.Out != "" {
		return occupied(t.ExportFiles(s.ctx, d, func(string) string { return c.Out }, c.Force))
	}
	return interrupted(t.ExportTo(s.ctx, d, s.out))
}

func (c *exportCommand) misused() error {
	switch most := 1 + given(c.All == ""); {
	case c.All == "" && len(c.Args) == 0:
		return errors.New("say which collection, such as `socle export projects --format csv`, or --all FOLDER")
	case len(c.Args) > most:
		return fmt.Errorf("there is no place for %q", c.Args[most])
	case c.All != "" && c.Out != "":
		return errors.New("--all names the folder; --out is for one collection")
	case c.Harmless && c.format() != transfer.CSV:
		return errors.New("--harmless is for CSV")
	}
	return nil
}

func (c *exportCommand) format() transfer.Format {
	if c.Format != "" {
		return transfer.Format(c.Format)
	}
	if f, ok := transfer.FormatOf(c.Out); ok {
		return f
	}
	return transfer.NDJSON
}

func (c *exportCommand) everything(s *session, t *app.Transfer, d app.Dump) error {
	for _, col := range transfer.Order(t.Catalog) {
		d.Collections = append(d.Collections, col.Key)
	}
	if err := os.MkdirAll(c.All, 0o755); err != nil {
		return err
	}
	name := func(key string) string { return app.FileName(c.All, key, d.Format) }
	if err := t.ExportFiles(s.ctx, d, name, c.Force); err != nil {
		return occupied(err)
	}
	fmt.Fprintf(s.out, "exported %s to %s\n", plural(len(d.Collections), "collection"), filepath.Clean(c.All))
	return nil
}

// occupied is the caller's mistake where a file is in the way.
func occupied(err error) error {
	var there *app.Occupied
	if errors.As(err, &there) {
		return usage{err}
	}
	return interrupted(err)
}
