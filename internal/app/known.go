package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

// Known is an account as its tokens tell of it, for commands and tests that act as somebody.
type Known struct {
	UID    string                     `json:"uid"`
	Claims map[string]json.RawMessage `json:"claims"`
}

// NoAccount is the error of an e-mail address that no account has.
type NoAccount struct{ Email string }

// Error says which.
func (e *NoAccount) Error() string { return "no account has the e-mail address " + e.Email }

// Grant is a token's grant for the account; further claims, a JSON object or nothing, stand over the account's own.
func (k Known) Grant(further []byte) (auth.Grant, error) {
	claims := map[string]any{}
	for name, raw := range k.Claims {
		claims[name] = raw
	}
	if len(further) > 0 {
		var over map[string]any
		if err := json.Unmarshal(further, &over); err != nil || over == nil {
			return auth.Grant{}, errors.New("the claims are not a JSON object")
		}
		maps.Copy(claims, over)
	}
	return auth.Grant{Sub: k.UID, Claims: claims}, nil
}

// AccountOf finds the account of an e-mail address in a project's database, through the server that runs on the data directory where
// there is one. The address is the machine's own user's to ask for.
func AccountOf(ctx context.Context, o Options, email string) (k Known, err error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return Known{}, err
	}
	if p.Config.Database.Engine == "sqlite" {
		if !sqlite.Exists(o.Data) {
			return Known{}, &NoDatabase{o.Data}
		}
		if res, ok, err := running(ctx, o.Data, pathAccount+"?email="+url.QueryEscape(email)); ok || err != nil {
			return told(res, err, email)
		}
	}
	o.Apply = false
	r, err := Open(ctx, o)
	if err != nil {
		return Known{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return known(ctx, r.current.Load().engine, email)
}

const pathAccount = "/account"

// tellAccount answers AccountOf.
func (r *Runtime) tellAccount(w http.ResponseWriter, req *http.Request) {
	k, err := known(req.Context(), r.current.Load().engine, req.URL.Query().Get("email"))
	var none *NoAccount
	if errors.As(err, &none) {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	answer(w, k, err)
}

// told reads the answer of tellAccount.
func told(res *http.Response, err error, email string) (k Known, _ error) {
	if err == nil && res.StatusCode == http.StatusNotFound {
		return Known{}, errors.Join(&NoAccount{email}, res.Body.Close())
	}
	if res, err = succeeded(res, true, err); err != nil {
		return Known{}, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&k); err != nil {
		return Known{}, fmt.Errorf("the running server: %w", err)
	}
	return k, nil
}

// known finds the account of an e-mail address, in the form in which addresses are kept or as it is written.
func known(ctx context.Context, e *engine.Engine, email string) (Known, error) {
	spellings := []string{email}
	if kept, err := account.Email(email); err == nil && kept != email {
		spellings = []string{kept, email}
	}
	read := records.New(e).At(ctx)
	for _, spelling := range spellings {
		row, ok, err := records.Find(read, "users", records.Is("email", value.OfText(spelling)))
		if err != nil || ok {
			return ofRow(row), err
		}
	}
	return Known{}, &NoAccount{email}
}

// ofRow is what tokens tell of an account: its address only where it was confirmed.
func ofRow(row records.Row) Known {
	k := Known{UID: row["id"].Str(), Claims: map[string]json.RawMessage{}}
	if email := row["email"]; !email.IsNull() && !row["email_confirmed_at"].IsNull() {
		k.confirm(email.Str())
	}
	if data := row["app_metadata"]; !data.IsNull() {
		k.Claims["app_metadata"] = json.RawMessage(data.Str())
	}
	if row["is_anonymous"].True() {
		k.Claims["is_anonymous"] = json.RawMessage("true")
	}
	return k
}

// confirm makes the address one that the account has proved to be its own.
func (k Known) confirm(email string) {
	k.Claims["email"], _ = json.Marshal(email) // a text is JSON
}
