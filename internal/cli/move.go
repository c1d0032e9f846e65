package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/move"
)

type moveCommand struct {
	place
	To      string `help:"Where the data goes: sqlite, or postgres://user@host/database." placeholder:"URL"`
	Restart bool   `help:"Drop what an earlier move has left unfinished there, and begin anew."`
	Release bool   `help:"Only let the project's database take writes again that a move holds off."`
}

// Run copies the project's data, compares both sides and says what to change.
func (c *moveCommand) Run(s *session) error {
	switch {
	case c.Release && (c.To != "" || c.Restart):
		return usage{errors.New("--release goes alone")}
	case c.Release:
		return c.release(s)
	case c.To == "":
		return usage{errors.New("--to says where the data goes: sqlite, or postgres://user@host/database")}
	}
	if err := c.exists(); err != nil {
		return err
	}
	p := &progress{session: s}
	done, err := app.MoveTo(s.ctx, c.options(s, slog.New(slog.DiscardHandler), false), app.Move{To: c.To, Restart: c.Restart, Observe: func(e move.Event) {
		p.at(string(e.Phase)+" "+e.Collection, e.Rows, 0, 0)
	}})
	p.clear()
	if err != nil {
		return err
	}
	c.tell(s, done)
	return nil
}

func (c *moveCommand) release(s *session) error {
	was, err := app.MoveRelease(s.ctx, c.options(s, slog.New(slog.DiscardHandler), false))
	switch {
	case err != nil:
		return err
	case was:
		fmt.Fprintln(s.out, "the project's database takes writes again")
	default:
		fmt.Fprintln(s.out, "no move holds off the writes of the project's database")
	}
	return nil
}

func (c *moveCommand) tell(s *session, done app.Moved) {
	rows := int64(0)
	for _, m := range done.Collections {
		fmt.Fprintf(s.out, "  %-24s %12d  %.16s\n", m.Collection, m.Rows, m.Sum)
		rows += m.Rows
	}
	fmt.Fprintf(s.out, "moved %s of %s; the counts and checksums of both sides are equal\n", plural(int(rows), "row"), plural(len(done.Collections), "collection"))
	setting := c.To
	if !strings.Contains(setting, "${") {
		setting = written(done.To)
	}
	fmt.Fprintf(s.out, "\nNow set this in socle.yaml, and start the servers again:\n\n    database: %s\n\n", setting)
	fmt.Fprintln(s.out, "The database before is as it was, and takes no writes until `socle move --release`.")
}

// written is a database as a file may hold it: a password is a variable's.
func written(d config.Database) string {
	if d.Engine == "sqlite" {
		return d.Engine
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return d.Redacted()
	}
	query := u.Query()
	query.Del("password")
	u.RawQuery = query.Encode()
	if _, has := u.User.Password(); !has {
		return u.String()
	}
	user := url.User(u.User.Username()).String()
	u.User = nil
	text := u.String()
	const scheme = "postgres://"
	return scheme + user + ":${DB_PASSWORD}@" + text[len(u.Scheme+"://"):]
}
