package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/roster"
)

type usersImport struct {
	File string `arg:"" help:"The file; - for standard input."`
	population
	From       string `help:"The form of the file: ${enum}; by default lines of JSON as of socle." enum:"socle,firebase,pocketbase,supabase" default:"socle"`
	HashConfig string `help:"A file with the parameters of a Firebase project's hashes, as its console shows them." placeholder:"FILE" type:"path"`
	Update     bool   `help:"Bring accounts that are there already up to date, instead of passing over them."`
	DryRun     bool   `help:"Check everything and keep nothing."`
}

// batch is how many accounts one transaction brings.
const batch = 200

// Run imports accounts, and says of every one that was wrong why and on which line.
func (c *usersImport) Run(s *session) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return usage{err}
		}
		defer f.Close()
		in = f
	}
	r, err := roster.Open(roster.Form(c.From), in, config)
	if err != nil {
		return usage{err}
	}
	return c.accounts(s, func(users *app.People) error {
		t := &importTally{session: s, file: c.File, became: map[string]int{}}
		err := c.carry(s, users, r, t)
		t.tell(c.DryRun)
		if err == nil && t.became[account.Wrong] > 0 {
			err = errReported
		}
		return err
	})
}

// config is what Firebase's hashes were made with. It holds a secret, and comes from a file therefore.
func (c *usersImport) config() (*roster.HashConfig, error) {
	if c.HashConfig == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(c.HashConfig)
	if err != nil {
		return nil, usage{err}
	}
	h, err := roster.ReadHashConfig(raw)
	if err != nil {
		return nil, usage{fmt.Errorf("%s: %w", c.HashConfig, err)}
	}
	return h, nil
}

// carry brings accounts in, a batch at a time; what is in stays.
func (c *usersImport) carry(s *session, users *app.People, r *roster.Reader, t *importTally) error {
	var list []account.Imported
	flush := func() error {
		if len(list) == 0 {
			return nil
		}
		done, err := users.Do(s.ctx, app.UsersAct{Import: &app.UsersImport{Accounts: list, Options: account.ImportOptions{Update: c.Update, Dry: c.DryRun}}})
		list = list[:0]
		for _, o := range done.Outcomes {
			t.add(o)
		}
		return err
	}
	for {
		a, err := r.Next()
		var m *roster.Mistake
		switch {
		case errors.Is(err, io.EOF):
			return flush()
		case errors.As(err, &m):
			t.add(account.Outcome{Line: m.Line, Became: account.Wrong, Problem: m.What})
			continue
		case err != nil:
			return errors.Join(flush(), usage{fmt.Errorf("%s: %w", c.File, err)})
		}
		if list = append(list, a); len(list) >= batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// importTally counts what became of accounts.
type importTally struct {
	*session
	file   string
	became map[string]int
}

func (t *importTally) add(o account.Outcome) {
	t.became[o.Became]++
	switch n := t.became[account.Wrong]; {
	case o.Became != account.Wrong:
	case n <= shown:
		fmt.Fprintf(t.err, "%s:%d: %s\n", t.file, o.Line, o.Problem)
	case n == shown+1:
		fmt.Fprintln(t.err, "and more")
	}
}

func (t *importTally) tell(dry bool) {
	parts := []string{plural(t.became[account.Added], "account") + " added"}
	for _, part := range []struct{ became, says string }{{account.Updated, "updated"}, {account.Passed, "there already, passed over"}, {account.Wrong, "wrong, left out"}} {
		if n := t.became[part.became]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, part.says))
		}
	}
	fmt.Fprintln(t.out, strings.Join(parts, "; "))
	if dry {
		fmt.Fprintln(t.out, "this was a rehearsal: nothing is kept")
	}
}
