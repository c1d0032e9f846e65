package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// caller says who may call a route. The zero caller is nobody having thought about it.
type caller uint8

const (
	undeclared caller = iota
	everyone          // no credentials are looked at
	keyed             // an API key or a token is needed
)

// route serves the paths below a prefix of segments.
type route struct {
	prefix []string
	exact  bool // the prefix alone
	who    caller
	serve  func(c *call)
}

// call is one request on its way through.
type call struct {
	http.ResponseWriter
	*http.Request
	segments []string // decoded, below the route's prefix
	actor    policy.Actor
	note     *note
	server   *server
	proxies  int
	place    admission.Place
	share    *admission.Share // of what is held; nil where nothing is
	rows     int              // bytes of the answer's rows
	answered int              // bytes of the answer, or of its rows, that are held
}

// table is every route. The first that matches serves.
func (s *server) table() []route {
	out := []route{
		{prefix: []string{"health"}, exact: true, who: everyone, serve: s.health},
		{prefix: []string{"rest", "v1"}, who: keyed, serve: s.rest},
	}
	if s.Accounts != nil {
		out = append(out, route{prefix: []string{"auth", "v1"}, who: everyone, serve: hand(s.Accounts)})
	}
	if s.Inbox != nil {
		out = append(out, route{prefix: []string{"_inbox"}, exact: true, who: everyone, serve: hand(s.Inbox)})
	}
	if s.Related != nil {
		out = append(out, route{prefix: []string{".well-known", "webauthn"}, exact: true, who: everyone, serve: s.related})
	}
	for _, later := range []string{"storage", "functions", "graphql", "realtime"} {
		out = append(out, route{prefix: []string{later, "v1"}, who: everyone, serve: s.later(later)})
	}
	return append(out, route{who: everyone, serve: s.static})
}

// hand passes a request on to a part that admits its callers itself.
func hand(to http.Handler) func(*call) {
	return func(c *call) { to.ServeHTTP(c.ResponseWriter, annotated(c.Request, c.note)) }
}

// declared refuses a table with a route that nobody thought about.
func declared(routes []route) error {
	for _, r := range routes {
		if r.who == undeclared || r.serve == nil {
			return fmt.Errorf("route %q does not say who may call it and what it does", r.prefix)
		}
	}
	return nil
}

// dispatch finds the route by the path as sent: segments are split before they are decoded, so that an encoded slash
// stays within its segment, and nothing is cleaned.
func (s *server) dispatch(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w, Request: r, note: noteBehind(w), server: s, proxies: s.Proxies}
	if n := len(r.RequestURI); n > s.Limits.URLLength {
		c.refuse(fault.New(fault.TooComplex, "the URL is longer than %d bytes", s.Limits.URLLength), http.StatusRequestURITooLong)
		return
	}
	segments, ok := split(r.URL.EscapedPath())
	if !ok {
		c.fail(fault.New(fault.InvalidPath, "Invalid path specified in request URL"))
		return
	}
	for i := range s.routes {
		if rt := &s.routes[i]; rt.matches(segments) {
			c.segments = segments[len(rt.prefix):]
			s.enter(c, rt)
			return
		}
	}
}

func (rt *route) matches(segments []string) bool {
	n := len(rt.prefix)
	return len(segments) >= n && slices.Equal(segments[:n], rt.prefix) && (!rt.exact || len(segments) == n)
}

// enter checks the caller's credentials and serves.
func (s *server) enter(c *call, rt *route) {
	if rt.who == keyed {
		actor, err := s.admit(c.Request.Context(), c.Request.Header)
		if err != nil {
			c.fail(err)
			return
		}
		c.actor = actor
		c.note.actor = &c.actor
	}
	rt.serve(c)
}

// admit reads the credentials; a header given twice is refused, for it is not clear which one another reader takes.
func (s *server) admit(ctx context.Context, h http.Header) (policy.Actor, error) {
	for _, name := range []string{"Apikey", "Authorization"} {
		if len(h.Values(name)) > 1 {
			return policy.Actor{}, fault.New(fault.InvalidToken, "The %s header is given twice", strings.ToLower(name))
		}
	}
	return s.Gate.Admit(ctx, h.Get("Apikey"), h.Get("Authorization"))
}

// split cuts an escaped path into decoded segments; a slash at the end adds none. ok is false for what no client of
// good will sends: empty and dot segments, backslashes, control characters.
func split(escaped string) (segments []string, ok bool) {
	escaped = strings.TrimPrefix(escaped, "/")
	if escaped == "" {
		return nil, true
	}
	segments = make([]string, 0, 4)
	for raw := range strings.SplitSeq(strings.TrimSuffix(escaped, "/"), "/") {
		s, err := url.PathUnescape(raw)
		if err != nil || s == "" || s == "." || s == ".." || strings.ContainsFunc(raw, func(c rune) bool { return c == '\\' || c < ' ' }) {
			return nil, false
		}
		segments = append(segments, s)
	}
	return segments, true
}

func (s *server) health(c *call) {
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		c.fail(fault.New(fault.MethodNotAllowed, "Unsupported HTTP method: %s", c.Method))
		return
	}
	h := c.ResponseWriter.Header()
	h.Set("Cache-Control", "no-store")
	if s.Health != nil {
		if err := s.Health(c.Context()); err != nil {
			c.note.cause = errors.Unwrap(err)
			h.Set("Retry-After", "1")
			c.json(http.StatusServiceUnavailable, []byte(`{"status":"unavailable"}`))
			return
		}
	}
	c.json(http.StatusOK, []byte(`{"status":"ok"}`))
}

// related is what browsers ask before a page of another domain uses passkeys of this one (Web Authentication, 5.11).
func (s *server) related(c *call) {
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		c.fail(fault.New(fault.MethodNotAllowed, "Unsupported HTTP method: %s", c.Method))
		return
	}
	c.json(http.StatusOK, s.Related)
}

// later answers for a part of the product that is not there yet.
func (s *server) later(name string) func(*call) {
	return func(c *call) {
		c.refuse(fault.New(fault.NotImplemented, "/%s/v1 is not part of this version", name), http.StatusNotImplemented)
	}
}
