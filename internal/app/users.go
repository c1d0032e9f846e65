package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// People administers the accounts of a project, through the server that runs on its data directory where there is one.
type People struct {
	do    func(context.Context, UsersAct) (UsersDone, error)
	close func() error
}

// UsersAct is one act on accounts: the member that is set says which.
type UsersAct struct {
	Find   string               `json:"find,omitempty"` // an id or an e-mail address
	List   *account.Page        `json:"list,omitempty"`
	Create *account.Attributes  `json:"create,omitempty"`
	Invite *UsersInvite         `json:"invite,omitempty"`
	Update *UsersUpdate         `json:"update,omitempty"`
	Delete string               `json:"delete,omitempty"` // an id
	Link   *account.LinkRequest `json:"link,omitempty"`
	Import *UsersImport         `json:"import,omitempty"`
}

// UsersInvite is an invitation.
type UsersInvite struct {
	Email    string `json:"email"`
	Redirect string `json:"redirect"`
}

// UsersUpdate changes an account.
type UsersUpdate struct {
	ID         string             `json:"id"`
	Attributes account.Attributes `json:"attributes"`
}

// UsersImport brings accounts of another product in.
type UsersImport struct {
	Accounts []account.Imported    `json:"accounts"`
	Options  account.ImportOptions `json:"options"`
}

// UsersDone is what an act gives.
type UsersDone struct {
	Users    []*account.User   `json:"users,omitempty"`
	Total    int64             `json:"total,omitempty"`
	Link     string            `json:"link,omitempty"`
	Outcomes []account.Outcome `json:"outcomes,omitempty"`
	Refusal  *account.Refusal  `json:"refusal,omitempty"`
}

// OpenPeople opens the way to a project's accounts. The caller closes it.
func OpenPeople(ctx context.Context, o Options) (*People, error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return nil, err
	}
	if p.Config.Database.Engine == "sqlite" {
		if !sqlite.Exists(o.Data) {
			return nil, &NoDatabase{o.Data}
		}
		if server := (remote{o.Data}); server.answers(ctx) {
			return &People{server.users, func() error { return nil }}, nil
		}
	}
	o.Apply, o.Alone = false, true
	r, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &People{r.users, r.Close}, nil
}

// Do carries out an act. What is refused is an *account.Refusal.
func (u *People) Do(ctx context.Context, a UsersAct) (UsersDone, error) {
	done, err := u.do(ctx, a)
	if err == nil && done.Refusal != nil {
		err = done.Refusal
	}
	return done, err
}

// Close gives the data directory free.
func (u *People) Close() error { return u.close() }

// commanded is who acts where a command does.
var commanded = account.Caller{Agent: "socle users"}

func (r *Runtime) users(ctx context.Context, a UsersAct) (done UsersDone, err error) {
	s := r.current.Load().people
	one := func(u *account.User, err error) error {
		done.Users = []*account.User{u}
		return err
	}
	switch {
	case a.Find != "":
		err = one(s.Account(ctx, a.Find))
	case a.List != nil:
		done.Users, done.Total, err = s.List(ctx, *a.List)
	case a.Create != nil:
		err = one(s.Create(ctx, *a.Create, commanded))
	case a.Invite != nil:
		err = one(s.Invite(ctx, a.Invite.Email, nil, a.Invite.Redirect, commanded))
	case a.Update != nil:
		err = one(s.Update(ctx, a.Update.ID, a.Update.Attributes, commanded))
	case a.Delete != "":
		err = s.Delete(ctx, a.Delete, commanded)
	case a.Link != nil:
		var g *account.Generated
		if g, err = s.GenerateLink(ctx, *a.Link, commanded); err == nil {
			done.Link = g.ActionLink
		}
	case a.Import != nil:
		done.Outcomes, err = s.Import(ctx, a.Import.Accounts, a.Import.Options, commanded)
	default:
		err = errors.New("an act on accounts that is none")
	}
	var refusal *account.Refusal
	if errors.As(err, &refusal) {
		return UsersDone{Refusal: refusal}, nil
	}
	return done, err
}

const pathUsers = "/users"

// takeUsers answers acts of commands.
func (r *Runtime) takeUsers(w http.ResponseWriter, req *http.Request) {
	var a UsersAct
	if err := json.NewDecoder(req.Body).Decode(&a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	done, err := r.users(req.Context(), a)
	answer(w, done, err)
}

// users asks the running server.
func (s remote) users(ctx context.Context, a UsersAct) (done UsersDone, err error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return done, err
	}
	res, err := succeeded(request(ctx, s.data, http.MethodPost, pathUsers, bytes.NewReader(raw)))
	if err != nil {
		return done, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&done); err != nil {
		return done, fmt.Errorf("the running server: %w", err)
	}
	return done, nil
}
