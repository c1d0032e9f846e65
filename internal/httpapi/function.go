package httpapi

import (
	"net/http"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

// acting is with whose rights a request happens: the caller's, but for a function that has the project's.
func acting(c *call, read *rest.Read) policy.Actor {
	if read.Call.Trusted() {
		return policy.Trusted(c.actor)
	}
	return c.actor
}

// value answers a call of a function of one value: the bare JSON value, as one row to whoever counts.
func (s *server) value(c *call, read *rest.Read, functions *function.Caller) {
	t, v := functions.Value(read.Call)
	body := []byte("null")
	if !v.IsNull() {
		body = value.AppendJSON(nil, t, v)
	}
	total := int64(-1)
	if read.Prefer.Count != "" {
		total = 1
	}
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", read.Media.ContentType())
	h.Set("Content-Range", contentRange(0, 1, total))
	private(h, read)
	applied(h, read)
	s.send(c, read, http.StatusOK, body)
}
