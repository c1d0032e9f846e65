package cli

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/migrate"
)

// errDifferent is the error of a database that is not at the project's schema, said already.
var errDifferent = errors.New("different")

type planCommand struct {
	place
}

// Run prints what apply would do, and fails with the exit code of a difference if that is anything.
func (c *planCommand) Run(s *session) error {
	status, drift, err := app.Plan(s.ctx, c.options(s, slog.New(slog.DiscardHandler), false))
	if err != nil {
		return err
	}
	if drift.Any() {
		fmt.Fprintln(s.out, "the real schema is not what was applied (nothing here changes that):")
		for _, l := range drift.Lines() {
			fmt.Fprintln(s.out, "  -", l)
		}
	}
	for _, name := range status.Pending {
		fmt.Fprintf(s.out, "the index %s is still to be made: `socle apply` goes on with it, or says why it cannot be\n", name)
	}
	pending := error(nil)
	if len(status.Pending) > 0 {
		pending = errDifferent
	}
	switch status.State {
	case migrate.Same:
		if pending == nil {
			fmt.Fprintln(s.out, "the database is at the project's schema")
		}
		return pending
	case migrate.Live:
		fmt.Fprintln(s.out, "only what is not stored differs (policies, defaults, names of relations …); nothing needs to be changed")
		return pending
	}
	fmt.Fprint(s.out, status.Difference.String())
	if lost := status.Difference.Destructive(); len(lost) > 0 {
		fmt.Fprintf(s.out, "%s lose data: `socle apply --allow-destructive` makes a backup first\n", plural(len(lost), "change"))
	}
	return errDifferent
}

type applyCommand struct {
	place
	AllowDestructive bool `help:"Also carry out what loses data, after a backup."`
}

// Run brings the database to the project and says what was done. What would lose data is printed and refused.
func (c *applyCommand) Run(s *session) error {
	o := c.options(s, slog.New(slog.DiscardHandler), true)
	o.Lossy = c.AllowDestructive
	r, err := app.Open(s.ctx, o)
	var d migrate.Difference
	if errors.As(err, &d) {
		fmt.Fprint(s.out, d.String())
	}
	if err != nil {
		return err
	}
	if r.Backup != "" {
		fmt.Fprintln(s.out, "the data as it was is in", r.Backup)
	}
	fmt.Fprintln(s.out, "the database is at the project's schema")
	for _, l := range r.Loaded {
		fmt.Fprintf(s.out, "loaded %s from %s\n", plural(l.Rows, "row"), l.Path)
	}
	return r.Close()
}
