package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/render"
)

// clientGone is what the log says of a request whose client went away; nobody reads the answer.
const clientGone = 499

const (
	root = "/rest/v1"
	vary = "Authorization, apikey, Accept, Accept-Profile, Prefer, Range, Origin, Accept-Encoding"
)

// rest serves the data API: parse, run, render, answer.
func (s *server) rest(c *call) {
	if err := s.hopeless(c); err != nil {
		c.note.away = true
		c.fail(err)
		return
	}
	defer c.letGo()
	defer c.place.Leave()
	view := s.Engine.Set().View(c.actor)
	body := s.newDigest(c)
	functions := s.Functions.For(c.actor, s.Clock)
	read, err := rest.Parse(view, s.Limits, rest.Input{Method: c.Method, Segments: c.segments,
		RawQuery: c.URL.RawQuery, Header: c.Request.Header, Cursor: s.Sealer, Body: body, Size: c.Request.ContentLength, Gate: c, TxOverride: s.TxOverride, Functions: functions, Shapes: s.shapes})
	switch {
	case err != nil:
		s.explainAbsence(c, err)
		s.failed(c.Context(), c, err)
	case read.Options:
		c.ResponseWriter.Header().Set("Allow", read.Allow)
		c.write(http.StatusOK, nil)
	case read.Transaction != nil:
		s.inTurn(c, s.Doors.Writes, func(ctx context.Context) { s.transaction(ctx, c, read, body) })
	case read.Call != nil && read.Request.Query == nil:
		s.value(c, read, functions)
	case read.Write != nil:
		s.inTurn(c, s.Doors.Writes, func(ctx context.Context) { s.write(ctx, c, read, body) })
	case read.Root:
		s.describe(c, view, read)
	default:
		s.inTurn(c, s.Doors.Reads, func(ctx context.Context) { s.read(ctx, c, read) })
	}
}

func (s *server) read(ctx context.Context, c *call, read *rest.Read) {
	answers, err := s.Engine.Run(ctx, acting(c, read), []engine.Op{{Read: read.Request, Peek: true, Scale: c}})
	if err != nil {
		s.failed(ctx, c, err)
		return
	}
	a := &answers[0]
	s.explainEmpty(ctx, c, read, a)
	if read.Range.Offset > a.Total && a.Total >= 0 {
		s.outside(c, read, a)
		return
	}
	sheet := sheets.Get().(*[]byte)
	defer sheets.Put(sheet)
	body, err := c.body((*sheet)[:0], read, a)
	if err != nil {
		c.fail(err)
		return
	}
	if cap(body) <= largestSheet {
		*sheet = body
	}
	c.settle(cap(body))
	s.headers(c, read, a)
	s.send(c, read, status(read, a), body)
}

// sheets are what bodies are written on; an answer that is sent needs its own no more.
var sheets = sync.Pool{New: func() any { return new([]byte) }}

// largestSheet is the size in bytes above which a sheet is not kept.
const largestSheet = 256 << 10

// failed answers for a run that did not succeed; a client that has gone is not answered.
func (s *server) failed(ctx context.Context, c *call, err error) {
	if c.Context().Err() != nil {
		c.WriteHeader(clientGone)
		return
	}
	c.fail(timely(ctx, err))
}

// timely says that time ran out where that is why a statement failed.
func timely(ctx context.Context, err error) error {
	if engine.Uncertain(err) {
		return err // it may have been kept: nothing was cancelled
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(fault.Timeout, "canceling statement due to statement timeout").Because(err)
	}
	return err
}

// body appends the answer's rows as the request wants them. There is room for it as it grows, or it ends.
func (c *call) body(dst []byte, read *rest.Read, a *engine.Answer) ([]byte, error) {
	if c.rows > largestSheet {
		dst = slices.Grow(dst, c.rows)
	}
	shape, o := a.Shape, render.Options{Zone: read.Timezone, Stripped: read.Media.Stripped, Limit: c.server.Limits.Response, Room: c}
	switch read.Media.Type {
	case syntax.Object:
		return shape.Object(dst, a.Result, o)
	case syntax.CSV:
		return shape.CSV(dst, a.Result, o)
	case syntax.NDJSON:
		return shape.Lines(dst, a.Result, o)
	}
	return shape.Array(dst, a.Result, o)
}

// status is 206 where rows of a known total are left out.
func status(read *rest.Read, a *engine.Answer) int {
	if n := int64(len(a.Result.Tuples)); a.Total >= 0 && n < a.Total {
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// outside answers an offset beyond the counted rows.
func (s *server) outside(c *call, read *rest.Read, a *engine.Answer) {
	c.ResponseWriter.Header().Set("Content-Range", "*/"+strconv.FormatInt(a.Total, 10))
	c.fail(fault.New(fault.InvalidRange, "Requested range not satisfiable").WithDetails(
		fmt.Sprintf("An offset of %d was requested, but there are only %d rows.", read.Range.Offset, a.Total)))
}

func (s *server) headers(c *call, read *rest.Read, a *engine.Answer) {
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", read.Media.ContentType())
	h.Set("Content-Range", contentRange(read.Range.Offset, len(a.Result.Tuples), a.Total))
	if read.Location != "" {
		h.Set("Content-Location", quoted.Replace(root+read.Location))
	}
	private(h, read)
	applied(h, read)
	if a.More && c.Request.Header.Get("Range") == "" && c.Method != http.MethodPost {
		if token := read.Next(s.Sealer, a.Last); token != "" {
			h.Set("Link", "<"+quoted.Replace(nextURL(c.URL.EscapedPath(), c.URL.RawQuery, token))+`>; rel="next"`)
		}
	}
}

// quoted escapes what a client may send bare in a URL and a header's URL cannot hold (RFC 3986).
var quoted = strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20", `\`, "%5C", "^", "%5E", "`", "%60", "{", "%7B", "|", "%7C", "}", "%7D")

// contentRange is first-last/total; * stands for no rows, and for a total that was not asked for.
func contentRange(offset int64, n int, total int64) string {
	of := "*"
	if total >= 0 {
		of = strconv.FormatInt(total, 10)
	}
	if n == 0 {
		return "*/" + of
	}
	return strconv.FormatInt(offset, 10) + "-" + strconv.FormatInt(offset+int64(n)-1, 10) + "/" + of
}

// nextURL is the request's own address from another position.
func nextURL(path, query, token string) string {
	var kept []string
	for _, part := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if part != "" && name != "after" && name != "offset" {
			kept = append(kept, part)
		}
	}
	return path + "?" + strings.Join(append(kept, "after="+token), "&")
}

// send writes the body, or 304 where the client has it already.
func (s *server) send(c *call, read *rest.Read, status int, body []byte) {
	tag := etag(read.Media.ContentType(), body)
	c.ResponseWriter.Header().Set("ETag", tag)
	c.note.rows = c.ResponseWriter.Header().Get("Content-Range")
	if c.Method != http.MethodPost && matches(c.Request.Header.Values("If-None-Match"), tag) {
		c.ResponseWriter.Header().Del("Content-Type")
		c.WriteHeader(http.StatusNotModified)
		return
	}
	c.write(status, c.packed(body))
}

// etag is a strong validator: a hash of media type and body.
func etag(media string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(media + "\x00"))
	h.Write(body)
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// matches compares weakly, as If-None-Match does, and knows the tag of the compressed form.
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == "*" || candidate == tag || candidate == strings.TrimSuffix(tag, `"`)+gzipSuffix+`"` {
				return true
			}
		}
	}
	return false
}

// explainAbsence tells the developer's log why a collection of the project is not there for a caller.
func (s *server) explainAbsence(c *call, err error) {
	if f := fault.From(err); !s.Dev || f.Code != fault.UnknownCollection || len(c.segments) == 0 {
		return
	}
	for _, col := range s.Engine.Set().Catalog().Collections {
		if col.Name == c.segments[0] && !col.Internal && !col.Policies.Any() {
			s.Log.Warn("the collection exists but has no policy: only service_role can reach it", "collection", col.Key)
		}
	}
}
