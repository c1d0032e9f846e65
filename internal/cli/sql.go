package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/prompt"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

type sqlCommand struct {
	Args []string `arg:"" optional:"" name:"dir statement" help:"The project's folder, and one statement. Without one it is read from standard input, on a terminal one after another."`
	datadir
	Format  string        `help:"table, csv or json." enum:"table,csv,json" default:"table"`
	Timeout time.Duration `help:"How long a statement may take." default:"30s"`
}

// Run answers one statement, or those that are typed.
func (c *sqlCommand) Run(s *session) (err error) {
	dir, statement, err := c.split()
	if err != nil {
		return usage{err}
	}
	p := c.at(dir)
	if err := p.exists(); err != nil {
		return err
	}
	db, err := c.open(s, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(s.ctx))) }()
	if warning := prompt.Powerful(s.ctx, db); warning != "" {
		fmt.Fprintln(s.err, "warning:", warning)
	}
	if statement == "" && isatty.IsTerminal(os.Stdin.Fd()) {
		return c.converse(s, db, os.Stdin)
	}
	if statement == "" {
		text, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
		if err != nil {
			return err
		}
		statement = string(text)
	}
	return c.mistake(db.Ask(s.ctx, statement, prompt.NewSink(c.Format, s.out)))
}

// split tells a folder from a statement.
func (c *sqlCommand) split() (dir, statement string, err error) {
	switch len(c.Args) {
	case 0:
		return ".", "", nil
	case 1:
		if info, err := os.Stat(c.Args[0]); err == nil && info.IsDir() {
			return c.Args[0], "", nil
		}
		return ".", c.Args[0], nil
	case 2:
		return c.Args[0], c.Args[1], nil
	}
	return "", "", errors.New("a statement is one argument: put it in quotes, such as `socle sql 'SELECT 1'`")
}

func (c *sqlCommand) open(s *session, p *place) (prompt.Database, error) {
	settings, problems := config.Load(os.DirFS(p.Dir), p.env(s))
	if problems.Failed() {
		return nil, invalid(p.Dir, problems)
	}
	if c.Timeout <= 0 {
		return nil, usage{errors.New("--timeout is longer than nothing")}
	}
	if settings.Database.Engine == "postgres" {
		return prompt.Postgres(s.ctx, settings.Database.URL, c.Timeout)
	}
	if !sqlite.Exists(p.data()) {
		return nil, &app.NoDatabase{Data: p.data()}
	}
	return prompt.SQLite(s.ctx, p.data(), c.Timeout)
}

// mistake is the caller's where the statement is refused.
func (c *sqlCommand) mistake(err error) error {
	var refused *prompt.Refused
	if errors.As(err, &refused) {
		return usage{err}
	}
	return err
}

// converse answers statements as they are typed, each up to its semicolon, until the input ends.
func (c *sqlCommand) converse(s *session, db prompt.Database, in io.Reader) error {
	fmt.Fprintln(s.out, "Read-only. A statement ends with a semicolon; exit, or the end of the input, ends this.")
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	text := ""
	for fmt.Fprint(s.out, "sql> "); lines.Scan(); {
		line := lines.Text()
		if word := strings.TrimSuffix(strings.TrimSpace(line), ";"); text == "" && (word == "exit" || word == "quit" || word == `\q`) {
			return nil
		}
		text += line + "\n"
		switch {
		case strings.TrimSpace(text) == "":
			text = ""
		case prompt.Complete(text):
			err := c.mistake(db.Ask(s.ctx, text, prompt.NewSink(c.Format, s.out)))
			var mine usage
			if err != nil && !errors.As(err, &mine) {
				return err
			} else if err != nil {
				fmt.Fprintln(s.err, err)
			}
			text = ""
		}
		if text == "" {
			fmt.Fprint(s.out, "sql> ")
		} else {
			fmt.Fprint(s.out, "...> ")
		}
	}
	fmt.Fprintln(s.out)
	return lines.Err()
}
