package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/app"
)

type usersCommand struct {
	List          usersList   `cmd:"" help:"List the accounts, the newest first."`
	Create        usersCreate `cmd:"" help:"Make an account. Nothing is sent to anybody."`
	Invite        usersInvite `cmd:"" help:"Make an account and send its owner a link in."`
	Disable       usersBan    `cmd:"" help:"Keep an account from signing in, and end its sessions at once."`
	Enable        usersFree   `cmd:"" help:"Let a disabled account sign in again."`
	Delete        usersDelete `cmd:"" help:"Delete an account, with what the project deletes with it."`
	ResetPassword usersReset  `cmd:"" help:"Print a link with which an account's owner sets a password, or set it."`
	Import        usersImport `cmd:"" help:"Bring accounts with their passwords' hashes from another product."`
}

// population is the project whose accounts a command works on.
type population struct {
	datadir
	Dir string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
}

// accounts does something with the accounts of a project.
func (p *population) accounts(s *session, do func(*app.People) error) (err error) {
	at := p.at(p.Dir)
	if err := at.exists(); err != nil {
		return err
	}
	users, err := app.OpenPeople(s.ctx, at.options(s, slog.New(slog.DiscardHandler), false))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, users.Close()) }()
	return do(users)
}

// on does something with one account.
func (p *population) on(s *session, who string, do func(*app.People, *account.User) error) error {
	return p.accounts(s, func(users *app.People) error {
		done, err := users.Do(s.ctx, app.UsersAct{Find: who})
		if err != nil {
			return err
		}
		return do(users, done.Users[0])
	})
}

// update changes one account and says what was done.
func (p *population) update(s *session, who string, a account.Attributes, said string) error {
	return p.on(s, who, func(users *app.People, u *account.User) error {
		_, err := users.Do(s.ctx, app.UsersAct{Update: &app.UsersUpdate{ID: u.ID, Attributes: a}})
		if err == nil {
			fmt.Fprintf(s.out, "%s %s\n", called(u), said)
		}
		return err
	})
}

// called is how messages name an account.
func called(u *account.User) string {
	for _, name := range []string{u.Email, u.Phone} {
		if name != "" {
			return name
		}
	}
	return u.ID
}

type usersList struct {
	population
	Format string `help:"${enum}." enum:"table,json" default:"table"`
	Search string `help:"Only accounts whose e-mail address has this part." placeholder:"TEXT"`
}

// Run prints accounts.
func (c *usersList) Run(s *session) error {
	return c.accounts(s, func(users *app.People) error {
		all := []*account.User{}
		for page := int64(1); ; page++ {
			done, err := users.Do(s.ctx, app.UsersAct{List: &account.Page{Page: page, PerPage: account.MostPerPage, Filter: c.Search}})
			if err != nil {
				return err
			}
			if all = append(all, done.Users...); len(done.Users) < account.MostPerPage {
				break
			}
		}
		if c.Format == "json" {
			raw, err := json.MarshalIndent(all, "", "  ")
			fmt.Fprintln(s.out, string(raw))
			return err
		}
		return table(s.out, all, s.clock.Now())
	})
}

func table(out io.Writer, all []*account.User, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tADDRESS\tSTATE\tCREATED\tLAST SIGN-IN")
	for _, u := range all {
		last := "never"
		if u.LastSignInAt != nil {
			last = u.LastSignInAt.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.ID, called(u), state(u, now), u.CreatedAt.Format(time.DateOnly), last)
	}
	return w.Flush()
}

func state(u *account.User, now time.Time) string {
	switch {
	case u.Banned(now):
		return "disabled"
	case u.IsAnonymous:
		return "anonymous"
	case u.ConfirmedAt != nil:
		return "confirmed"
	case u.InvitedAt != nil:
		return "invited"
	}
	return "unconfirmed"
}

// secretFromStdin is a flag of commands that take a password: never as an argument, where other processes would see it.
type secretFromStdin struct {
	PasswordStdin bool `help:"Read the password from standard input: its first line."`
}

// password is the line that was given, nil where none is wanted.
func (f secretFromStdin) password() (*string, error) {
	if !f.PasswordStdin {
		return nil, nil
	}
	raw, err := io.ReadAll(io.LimitReader(os.Stdin, 64<<10))
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return nil, usage{errors.New("there is no password on standard input")}
	}
	return &line, nil
}

type usersCreate struct {
	Email string `arg:"" help:"The e-mail address."`
	population
	secretFromStdin
	Confirmed     bool   `help:"The address counts as proved: the account can sign in at once."`
	AdminMetadata string `help:"What policies know of the account (app_metadata): a JSON object." placeholder:"JSON"`
}

// Run makes an account.
func (c *usersCreate) Run(s *session) error {
	a := account.Attributes{Email: c.Email, EmailConfirm: c.Confirmed}
	if c.AdminMetadata != "" {
		if err := json.Unmarshal([]byte(c.AdminMetadata), &a.AppMetadata); err != nil || a.AppMetadata == nil {
			return usage{errors.New("--admin-metadata is not a JSON object")}
		}
	}
	var err error
	if a.Password, err = c.password(); err != nil {
		return err
	}
	return c.accounts(s, func(users *app.People) error {
		done, err := users.Do(s.ctx, app.UsersAct{Create: &a})
		if err == nil {
			fmt.Fprintf(s.out, "%s is the account of %s\n", done.Users[0].ID, done.Users[0].Email)
		}
		if err == nil && done.Users[0].ConfirmedAt == nil {
			fmt.Fprintln(s.out, "its address is not proved: it can sign in once a mailed link was followed (--confirmed skips that)")
		}
		return err
	})
}

type usersInvite struct {
	Email string `arg:"" help:"The e-mail address."`
	population
	Redirect string `help:"Where the link ends, one of auth.redirects." placeholder:"URL"`
}

// Run invites somebody. The message leaves by the server, which may be started later.
func (c *usersInvite) Run(s *session) error {
	return c.accounts(s, func(users *app.People) error {
		done, err := users.Do(s.ctx, app.UsersAct{Invite: &app.UsersInvite{Email: c.Email, Redirect: c.Redirect}})
		if err == nil {
			fmt.Fprintf(s.out, "%s is invited; the server sends the message\n", done.Users[0].Email)
		}
		return err
	})
}

// one is the account of a command.
type one struct {
	Account string `arg:"" help:"The account: its e-mail address or its id."`
	population
}

type usersBan struct{ one }

// Run keeps an account out.
func (c *usersBan) Run(s *session) error {
	return c.update(s, c.Account, account.Attributes{BanDuration: "876000h"}, "is disabled, and its sessions have ended")
}

type usersFree struct{ one }

// Run lets an account in again.
func (c *usersFree) Run(s *session) error {
	return c.update(s, c.Account, account.Attributes{BanDuration: "none"}, "may sign in again")
}

type usersDelete struct{ one }

// Run deletes an account.
func (c *usersDelete) Run(s *session) error {
	return c.on(s, c.Account, func(users *app.People, u *account.User) error {
		_, err := users.Do(s.ctx, app.UsersAct{Delete: u.ID})
		if err == nil {
			fmt.Fprintf(s.out, "%s is deleted\n", called(u))
		}
		return err
	})
}

type usersReset struct {
	one
	secretFromStdin
	Redirect string `help:"Where the link ends, one of auth.redirects." placeholder:"URL"`
}

// Run prints a link, or sets the password that standard input brings.
func (c *usersReset) Run(s *session) error {
	plain, err := c.password()
	if err != nil {
		return err
	}
	if plain != nil {
		return c.update(s, c.Account, account.Attributes{Password: plain}, "has another password, and its sessions have ended")
	}
	return c.on(s, c.Account, func(users *app.People, u *account.User) error {
		if u.Email == "" {
			return usage{errors.New("the account has no e-mail address for a link; set the password with --password-stdin")}
		}
		done, err := users.Do(s.ctx, app.UsersAct{Link: &account.LinkRequest{Type: account.TypeRecovery, Email: u.Email, Redirect: c.Redirect}})
		if err == nil {
			fmt.Fprintln(s.out, done.Link)
		}
		return err
	})
}
