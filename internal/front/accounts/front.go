// Package accounts owns /auth/v1: the routes, who may call each, what a body says, and how an answer or a refusal is written, as
// clients of GoTrue expect. What happens to accounts is for package account.
package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
)

// Config is what the handler is made of.
type Config struct {
	Accounts *account.Service
	Gate     *auth.Gate
	Tokens   *auth.Tokens
	Proxies  int // how many proxies stand before the server; what they say of the client's address is believed
	Rates    Rates
	Door     *admission.Door // where calls wait for their turn; nil: they do not
	Clock    clock.Clock
	Log      *slog.Logger
	Noted    func(ctx context.Context, cause error) // gets the private cause of a failed request, for the access log; nil: nobody
}

// caller says who may call a route. The zero caller is nobody having thought about it.
type caller uint8

const (
	undeclared caller = iota
	everyone          // no credentials are looked at
	keyed             // an API key or a token
	holder            // the token of an account's session
	admin             // the secret key
)

// route is one operation. A segment of its path that begins with ':' stands for any one.
type route struct {
	method string
	path   string
	who    caller
	rate   rateClass
	serve  func(*call) error
}

// server answers requests. It is immutable but for what it counts.
type server struct {
	Config
	routes []route
	meters *meters
}

// New makes the handler of the paths below /auth/v1, whose prefix is still on them. It fails where a route does not say who may
// call it.
func New(c Config) (http.Handler, error) {
	s := &server{Config: c, meters: newMeters(c.Clock, c.Rates)}
	s.routes = slices.Concat(s.sessionRoutes(), s.verifyRoutes(), s.askRoutes(), s.profileRoutes(), s.socialRoutes(), s.factorRoutes(), s.passkeyRoutes(), s.miscRoutes(), s.adminRoutes())
	for _, r := range s.routes {
		if r.who == undeclared || r.serve == nil {
			return nil, fmt.Errorf("route %s %s does not say who may call it and what it does", r.method, r.path)
		}
	}
	return s, nil
}

// Prefix is where the handler is.
const Prefix = "/auth/v1"

// call is one request on its way through.
type call struct {
	http.ResponseWriter
	*http.Request
	server *server
	params map[string]string // what ':' segments stand for
	holder auth.Holder       // of routes for holders
	from   account.Caller
}

// ServeHTTP answers one request.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w, Request: r, server: s, from: account.Caller{Address: s.address(r), Agent: cut(r.UserAgent(), 256)}}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if c.modern() {
		w.Header().Set(versionHeader, modernVersion)
	}
	if err := s.dispatch(c); err != nil {
		c.fail(err)
	}
}

func (s *server) dispatch(c *call) error {
	segments := strings.Split(strings.Trim(strings.TrimPrefix(c.URL.Path, Prefix), "/"), "/")
	var allowed []string
	for i := range s.routes {
		rt := &s.routes[i]
		params, ok := rt.fits(segments)
		switch {
		case !ok:
		case rt.method != c.Method && !(c.Method == http.MethodHead && rt.method == http.MethodGet):
			allowed = append(allowed, rt.method)
		default:
			c.params = params
			return s.enter(c, rt)
		}
	}
	if len(allowed) > 0 {
		c.ResponseWriter.Header().Set("Allow", strings.Join(allowed, ", "))
		return &status{http.StatusMethodNotAllowed, account.Refuse(account.ValidationFailed, "Unsupported HTTP method: %s", c.Method)}
	}
	return &status{http.StatusNotFound, account.Refuse(account.ValidationFailed, "There is nothing at this path")}
}

// fits matches a path with a route.
func (rt *route) fits(segments []string) (map[string]string, bool) {
	parts := strings.Split(rt.path, "/")
	if len(parts) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, p := range parts {
		switch {
		case strings.HasPrefix(p, ":"):
			params[p[1:]] = segments[i]
		case p != segments[i]:
			return nil, false
		}
	}
	return params, true
}

// enter checks the caller and how often it came, waits for its turn, and serves.
func (s *server) enter(c *call, rt *route) error {
	if err := s.admit(c, rt.who); err != nil {
		return err
	}
	if err := s.meters.pass(rt.rate, c.from.Address); err != nil {
		return err
	}
	place, err := s.comeIn(c)
	if err != nil {
		return err
	}
	defer place.Leave()
	return rt.serve(c)
}

func (s *server) admit(c *call, who caller) error {
	if who == everyone {
		return nil
	}
	apikey, authorization, err := credentials(c.Request.Header)
	if err != nil {
		return err
	}
	if who == holder {
		return s.admitHolder(c, apikey, authorization)
	}
	actor, err := s.Gate.Admit(c.Context(), apikey, authorization)
	if err != nil {
		return unauthorized(err)
	}
	if who == admin && !s.Gate.Secret(actor) {
		return &status{http.StatusForbidden, account.Refuse(account.NotAdmin, "User not allowed: this needs the secret key")}
	}
	return nil
}

// credentials reads the headers; one that is given twice is refused, for it is not clear which one another reader takes.
func credentials(h http.Header) (apikey, authorization string, err error) {
	for _, name := range []string{"Apikey", "Authorization"} {
		if len(h.Values(name)) > 1 {
			return "", "", account.Refuse(account.ValidationFailed, "The %s header is given twice", strings.ToLower(name))
		}
	}
	return h.Get("Apikey"), h.Get("Authorization"), nil
}

func (s *server) admitHolder(c *call, apikey, authorization string) error {
	h, ok, err := s.Gate.Holder(c.Context(), apikey, authorization)
	switch {
	case err != nil:
		return unauthorized(err)
	case !ok || h.Foreign:
		return &status{http.StatusUnauthorized, account.Refuse(account.NoAuthorization, "This endpoint requires a valid Bearer token of an account")}
	}
	c.holder = h
	return nil
}

// unauthorized is a gate's error as clients of GoTrue know it.
func unauthorized(err error) error {
	f := fault.From(err)
	if errors.Is(err, auth.ErrEnded) { // clients forget the session for this code alone
		return account.Refuse(account.SessionNotFound, "Session from session_id claim in JWT does not exist")
	}
	switch f.Code {
	case fault.InvalidToken, fault.InvalidClaims:
		return &status{http.StatusForbidden, account.Refuse(account.BadJWT, "invalid JWT: %s", f.Message)}
	case fault.AnonymousForbidden:
		return &status{http.StatusUnauthorized, account.Refuse(account.NoAuthorization, "%s: %s", f.Message, f.Hint)}
	}
	return err
}

// body reads a JSON object; an empty body is an empty object. Members that are not known are ignored, as GoTrue does.
func (c *call) body(into any) error {
	raw, err := readAll(c.Request)
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return nil
	}
	if err := sound(raw); err != nil {
		return account.Refuse(account.BadJSON, "Could not parse request body as JSON: %s", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return account.Refuse(account.BadJSON, "Could not parse request body as JSON: %s cannot be a %s", kind.Field, kind.Value)
		}
		return account.Refuse(account.BadJSON, "Could not parse request body as JSON")
	}
	return nil
}
