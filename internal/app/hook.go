package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// hooked is the only moment at which a project is asked: before a token is signed.
const hooked = "access_token"

// hookOf is the function that says what tokens say besides, nil where the project names none.
func (r *Runtime) hookOf(p *Project) *account.Hook {
	name := p.Config.Auth.Text("hooks."+hooked, "")
	if name == "" {
		return nil
	}
	return &account.Hook{Name: name, Call: func(ctx context.Context, uid string) ([]byte, error) { return r.call(ctx, name, uid) }}
}

// call asks a declared function through the data API, with the project's rights.
func (r *Runtime) call(ctx context.Context, name, uid string) ([]byte, error) {
	body, err := json.Marshal(map[string]string{"uid": uid})
	if err != nil {
		return nil, err
	}
	header := http.Header{"Apikey": {r.ring.Current().Secret}, "Content-Type": {"application/json"}}
	answer, err := httpapi.Ask(ctx, r, http.MethodPost, "/rest/v1/rpc/"+url.PathEscape(name), header, string(body))
	if err != nil {
		return nil, err
	}
	if answer.Status >= http.StatusBadRequest {
		return nil, fmt.Errorf("it answers %d: %s", answer.Status, answer.Body)
	}
	return answer.Body, nil
}

// checkHooks reports hooks that cannot be called.
func checkHooks(c *config.Config, functions []*schema.Function) (problems schema.Problems) {
	for _, key := range c.Auth.Sub("hooks").Keys() {
		name, at := c.Auth.At("hooks." + key)
		i := slices.IndexFunc(functions, func(f *schema.Function) bool { return f.Namespace == schema.DefaultNamespace && f.Name == name })
		switch {
		case key != hooked:
			problems.Add(at, "`hooks: { access_token: name }`", "there is no hook %q", key)
		case i < 0:
			problems.Add(at, "declare it: queries/"+name+".yaml", "the hook %s names the function %q, which is not declared", key, name)
		case functions[i].Write != nil:
			problems.Add(at, "a hook is a function of `value:` or `read:`", "the function %q writes", name)
		default:
			if uid, ok := functions[i].Arg("uid"); !ok || len(functions[i].Args) != 1 || uid.Type != (value.Type{Kind: value.UUID}) {
				problems.Add(at, "`args: { uid: uuid }`", "the function %q of a hook has one argument, the account's uid", name)
			}
		}
	}
	return problems
}
