package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

const jsonType = "application/json; charset=utf-8"

// json writes a whole JSON body.
func (c *call) json(status int, body []byte) {
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", jsonType)
	h.Set("X-Content-Type-Options", "nosniff")
	c.write(status, body)
}

func (c *call) write(status int, body []byte) {
	c.ResponseWriter.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.place.Leave()
	c.WriteHeader(status)
	if c.Method != http.MethodHead {
		c.deliver(body)
	}
}

// private marks an answer with data: it is for this caller alone, and from which namespace it is.
func private(h http.Header, read *rest.Read) {
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", vary)
	h.Set("X-Content-Type-Options", "nosniff")
	if read.Profile {
		h.Set("Content-Profile", read.Schema)
	}
}

// applied says which preferences were obeyed.
func applied(h http.Header, read *rest.Read) {
	if read.Applied != "" {
		h.Set("Preference-Applied", read.Applied)
	}
}

// fail answers with a fault: its status, but 401 where an anonymous caller was denied.
func (c *call) fail(err error) {
	f := fault.From(err)
	status := f.Status()
	if f.Code == fault.Denied && (c.actor.Role == policy.Anon || c.actor.Role == "") {
		status = http.StatusUnauthorized
	}
	c.refuse(f, status)
}

// refuse answers with a fault under a status.
func (c *call) refuse(f *fault.Fault, status int) {
	c.note.fault(f, status)
	h := c.ResponseWriter.Header()
	h.Set("Proxy-Status", "PostgREST; error="+string(f.Code))
	h.Set("Cache-Control", "no-store")
	switch {
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(f))
	case status == http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case status == http.StatusInternalServerError:
		h.Set("X-Request-Id", c.note.id)
	}
	c.json(status, faultBody(f))
}

// challenge is RFC 6750's: the reason where a token was sent and did not hold.
func challenge(f *fault.Fault) string {
	if f.Code != fault.InvalidToken && f.Code != fault.InvalidClaims {
		return "Bearer"
	}
	return fmt.Sprintf(`Bearer error="invalid_token", error_description="%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(f.Message))
}

// faultBody is the error's four members, and the violations where there are some.
func faultBody(f *fault.Fault) []byte {
	out := append([]byte(nil), `{"code":`...)
	out = value.AppendJSONString(out, string(f.Code))
	out = append(out, `,"message":`...)
	out = value.AppendJSONString(out, f.Message)
	out = append(out, `,"details":`...)
	out = appendAny(out, f.Details)
	out = append(out, `,"hint":`...)
	if f.Hint == "" {
		out = append(out, "null"...)
	} else {
		out = value.AppendJSONString(out, f.Hint)
	}
	if len(f.Violations) > 0 {
		out = append(out, `,"violations":`...)
		out = appendAny(out, f.Violations)
	}
	return append(out, '}')
}

func appendAny(out []byte, v any) []byte {
	if s, ok := v.(string); ok {
		return value.AppendJSONString(out, s)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return append(out, "null"...)
	}
	return append(out, raw...)
}
