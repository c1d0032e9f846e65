package cli

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/backup"
	"github.com/socle-hq/socle/internal/config"
)

type backupCommand struct {
	File string `arg:"" help:"The file to write." type:"path"`
	place
	Force bool `help:"Replace the file if it is there."`
}

// Run writes the database to a file, beside a running server or without one, and reads it back.
func (c *backupCommand) Run(s *session) error {
	if err := c.embedded(s); err != nil {
		return err
	}
	m, err := app.Backup(s.ctx, c.options(s, slog.New(slog.DiscardHandler), false), c.File, c.Force)
	switch {
	case errors.Is(err, backup.ErrExists):
		return usage{err}
	case err != nil:
		return err
	}
	fmt.Fprintf(s.out, "backed up %s to %s (%s), and read back\n", contents(m), c.File, megabytes(m.Bytes))
	fmt.Fprintf(s.out, "the key set is not part of it: keep %s/keys, or SOCLE_KEYS, in a safe place of its own\n", c.data())
	return nil
}

// contents is what a backup holds, as its owner counts.
func contents(m backup.Manifest) string {
	rows, collections, accounts := m.Contents()
	text := plural(int(rows), "row") + " of " + plural(collections, "collection")
	if accounts > 0 {
		text += " and " + plural(int(accounts), "account")
	}
	return text
}

// embedded refuses projects whose data is not in a data directory.
func (p *place) embedded(s *session) error {
	if err := p.exists(); err != nil {
		return err
	}
	settings, problems := config.Load(os.DirFS(p.Dir), p.env(s))
	if settings == nil {
		return invalid(p.Dir, problems)
	}
	if settings.Database.Engine != "sqlite" {
		return app.ErrElsewhere
	}
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

type restoreCommand struct {
	File string `arg:"" help:"A file that backup has written." type:"existingfile"`
	place
}

// Run puts a backup in the database's place, when no server runs.
func (c *restoreCommand) Run(s *session) error {
	if err := c.embedded(s); err != nil {
		return err
	}
	m, aside, err := app.Restore(s.ctx, c.options(s, slog.New(slog.DiscardHandler), false), c.File)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, "restored ", contents(m))
	if m.Sealed {
		fmt.Fprintf(s.out, ", as they were at %s", m.Made.Format("2006-01-02 15:04:05 MST"))
	}
	fmt.Fprintln(s.out)
	if aside != "" {
		fmt.Fprintf(s.out, "the database before is kept as %s\n", aside)
	}
	return nil
}

type resetCommand struct {
	place
	Yes bool `help:"Do not ask."`
}

// Run makes dev's database anew, after asking.
func (c *resetCommand) Run(s *session) error {
	if err := c.embedded(s); err != nil {
		return err
	}
	o := c.options(s, slog.New(slog.DiscardHandler), true)
	if err := app.Resettable(o); err != nil {
		return refusable(err)
	}
	if !c.Yes && !c.agreed(s) {
		return usage{fmt.Errorf("nothing was changed; --yes resets without asking")}
	}
	loaded, err := app.Reset(s.ctx, o)
	if err != nil {
		return refusable(err)
	}
	fmt.Fprintln(s.out, "the database is new, at the project's schema")
	for _, l := range loaded {
		fmt.Fprintf(s.out, "loaded %s from %s\n", plural(l.Rows, "row"), l.Path)
	}
	return nil
}

// refusable is the input's error where it is not the environment's.
func refusable(err error) error {
	var other *app.NotDevs
	if errors.As(err, &other) {
		return usage{err}
	}
	return err
}

func (c *resetCommand) agreed(s *session) bool {
	fmt.Fprintf(s.out, "All data in %s will be gone. Type yes to go on: ", c.data())
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // what was read before an end counts
	fmt.Fprintln(s.out)
	return strings.TrimSpace(line) == "yes"
}
