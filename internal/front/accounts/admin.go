package accounts

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/auth"
)

// adminRoutes are for those who hold the secret key.
func (s *server) adminRoutes() []route {
	return []route{
		{http.MethodGet, "admin/users", admin, unbounded, s.listUsers},
		{http.MethodPost, "admin/users", admin, unbounded, s.createUser},
		{http.MethodGet, "admin/users/:id", admin, unbounded, s.getUser},
		{http.MethodPut, "admin/users/:id", admin, unbounded, s.updateUser},
		{http.MethodDelete, "admin/users/:id", admin, unbounded, s.deleteUser},
		{http.MethodPost, "admin/users/:id/logout", admin, unbounded, s.expelUser},
		{http.MethodGet, "admin/users/:id/factors", admin, unbounded, s.factorsOf},
		{http.MethodDelete, "admin/users/:id/factors/:factor", admin, unbounded, s.dropFactor},
		{http.MethodGet, "admin/users/:id/passkeys", admin, unbounded, s.passkeysOf},
		{http.MethodDelete, "admin/users/:id/passkeys/:passkey", admin, unbounded, s.dropPasskey},
		{http.MethodPost, "admin/generate_link", admin, unbounded, s.generateLink},
		{http.MethodGet, "admin/audit", admin, unbounded, s.trail},
		{http.MethodPost, "invite", admin, unbounded, s.invite},
	}
}

// named is a segment of the path that is a uuid.
func (c *call) named(param string) (string, error) {
	id, err := uuid.Parse(c.params[param])
	if err != nil {
		return "", &status{http.StatusNotFound, account.Refuse(account.ValidationFailed, "%s_id must be an UUID", map[string]string{"id": "user", "factor": "factor", "passkey": "passkey"}[param])}
	}
	return id.String(), nil
}

const perPage = 50

// page reads which part of a list is asked for; what is empty has its default.
func (c *call) page() (account.Page, error) {
	q := c.URL.Query()
	p := account.Page{Page: 1, PerPage: perPage}
	for name, at := range map[string]*int64{"page": &p.Page, "per_page": &p.PerPage} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return p, account.Refuse(account.ValidationFailed, "Bad Pagination Parameters: %s has to be a number from 1", name)
		}
		*at = n
	}
	p.PerPage = min(p.PerPage, account.MostPerPage)
	return p, nil
}

// paged says where the other parts of a list are. The page comes first in each address, for there clients look for it.
func (c *call) paged(p account.Page, total int64) {
	last := (total + p.PerPage - 1) / p.PerPage
	rest := url.Values{"per_page": {strconv.FormatInt(p.PerPage, 10)}}
	for name, text := range map[string]string{"filter": p.Filter, "email": p.Email} {
		if text != "" {
			rest.Set(name, text)
		}
	}
	at := func(page int64, rel string) string {
		return fmt.Sprintf(`<%s?page=%d&%s>; rel="%s"`, c.URL.Path, page, rest.Encode(), rel)
	}
	links := at(last, "last")
	if p.Page < last {
		links = at(p.Page+1, "next") + ", " + links
	}
	h := c.ResponseWriter.Header()
	h.Set("Link", links)
	h.Set("X-Total-Count", strconv.FormatInt(total, 10))
}

func (s *server) listUsers(c *call) error {
	p, err := c.page()
	if err != nil {
		return err
	}
	p.Filter, p.Email = c.URL.Query().Get("filter"), c.URL.Query().Get("email")
	users, total, err := s.Accounts.List(c.Context(), p)
	if err != nil {
		return err
	}
	c.paged(p, total)
	return c.answer(http.StatusOK, map[string]any{"users": users, "aud": auth.Audience})
}

func (s *server) createUser(c *call) error {
	var a account.Attributes
	if err := c.body(&a); err != nil {
		return err
	}
	return c.one(s.Accounts.Create(c.Context(), a, c.from))
}

// one answers with an account.
func (c *call) one(u *account.User, err error) error {
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, u)
}

func (s *server) getUser(c *call) error {
	id, err := c.named("id")
	if err != nil {
		return err
	}
	return c.one(s.Accounts.Account(c.Context(), id))
}

func (s *server) updateUser(c *call) error {
	var a account.Attributes
	id, err := c.named("id")
	if err == nil {
		err = c.body(&a)
	}
	if err != nil {
		return err
	}
	return c.one(s.Accounts.Update(c.Context(), id, a, c.from))
}

func (s *server) deleteUser(c *call) error {
	var b struct {
		Soft bool `json:"should_soft_delete"`
	}
	id, err := c.named("id")
	if err == nil {
		err = c.body(&b)
	}
	if err == nil && b.Soft {
		err = account.Refuse(account.ValidationFailed, "Soft deletion is not supported: ban the account, or delete it without should_soft_delete")
	}
	if err == nil {
		err = s.Accounts.Delete(c.Context(), id, c.from)
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct{}{})
}

func (s *server) expelUser(c *call) error {
	id, err := c.named("id")
	if err == nil {
		err = s.Accounts.Expel(c.Context(), id, c.from)
	}
	if err != nil {
		return err
	}
	return c.empty()
}

func (s *server) factorsOf(c *call) error {
	id, err := c.named("id")
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.Factors(c.Context(), id))
}

func (s *server) dropFactor(c *call) error {
	id, err := c.named("id")
	if err != nil {
		return err
	}
	factor, err := c.named("factor")
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.DropFactor(c.Context(), id, factor, c.from))
}

func (s *server) passkeysOf(c *call) error {
	id, err := c.named("id")
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.KeysOf(c.Context(), id))
}

func (s *server) dropPasskey(c *call) error {
	id, err := c.named("id")
	if err != nil {
		return err
	}
	key, err := c.named("passkey")
	if err == nil {
		err = s.Accounts.DropKey(c.Context(), id, key, c.from)
	}
	if err != nil {
		return err
	}
	return c.empty()
}

func (s *server) generateLink(c *call) error {
	var b account.LinkRequest
	if err := c.body(&b); err != nil {
		return err
	}
	if b.Redirect == "" {
		b.Redirect = c.redirectTo()
	}
	return c.gives(s.Accounts.GenerateLink(c.Context(), b, c.from))
}

func (s *server) invite(c *call) error {
	var b struct {
		Email string         `json:"email"`
		Data  map[string]any `json:"data"`
	}
	if err := c.body(&b); err != nil {
		return err
	}
	return c.one(s.Accounts.Invite(c.Context(), b.Email, b.Data, c.redirectTo(), c.from))
}

func (s *server) trail(c *call) error {
	p, err := c.page()
	if err != nil {
		return err
	}
	entries, total, err := s.Accounts.Trail(c.Context(), p)
	if err != nil {
		return err
	}
	c.paged(p, total)
	return c.answer(http.StatusOK, entries)
}
