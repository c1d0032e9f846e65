package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"net/http"
	"strconv"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
)

// digest hashes the body of a request that has an idempotency key while it is read.
type digest struct {
	io.Reader
	hash hash.Hash
}

func (s *server) newDigest(c *call) *digest {
	body := io.Reader(c.Request.Body)
	if n := c.Request.ContentLength; n < 0 || n > pieceBytes {
		body = &upload{Reader: body, conn: http.NewResponseController(c.ResponseWriter), hold: c.hold}
	}
	if c.Request.Header.Get(idempotencyKey) == "" {
		return &digest{Reader: body}
	}
	h := sha256.New()
	return &digest{io.TeeReader(body, h), h}
}

// sum names what is asked: the query, the preferences, the namespace, the body and how to read it.
func (d *digest) sum(r *http.Request) string {
	asked := []string{r.URL.RawQuery, r.Header.Get("Content-Profile"), r.Header.Get("Content-Type")}
	for _, part := range append(asked, r.Header.Values("Prefer")...) {
		d.hash.Write([]byte{0})
		d.hash.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(d.hash.Sum(nil))
}

// write carries out one mutation and answers with its representation, if one was asked for.
func (s *server) write(ctx context.Context, c *call, read *rest.Read, sent *digest) {
	once, err := idempotency(c, sent)
	if err != nil {
		c.fail(err)
		return
	}
	var body []byte
	op := engine.Op{Write: read.Write, DryRun: read.Rollback, Idempotency: once, Scale: c, Accept: func(a *engine.Answer) (err error) {
		body, err = c.representation(read, a)
		return err
	}}
	answers, err := s.Engine.Run(ctx, c.actor, []engine.Op{op})
	if err != nil {
		s.failed(ctx, c, err)
		return
	}
	a := &answers[0]
	if a.Replayed {
		if body, err = c.representation(read, a); err != nil {
			c.fail(err)
			return
		}
	}
	c.settle(cap(body))
	s.writeHeaders(c.ResponseWriter.Header(), read, a)
	s.dropped(read, a)
	c.answer(writeStatus(read, a), body)
}

// answer writes a status with a body; 204 has neither a body nor its length.
func (c *call) answer(status int, body []byte) {
	if status == http.StatusNoContent {
		c.WriteHeader(status)
		return
	}
	c.write(status, c.packed(body))
}

// representation is the written rows as the request wants them; nil where it wants none.
func (c *call) representation(read *rest.Read, a *engine.Answer) ([]byte, error) {
	if read.Write.Return == nil {
		return nil, nil
	}
	return c.body(nil, read, a)
}

const idempotencyKey = "Idempotency-Key"

// idempotency is the client's Idempotency-Key, nil where it sent none.
func idempotency(c *call, sent *digest) (*engine.Idempotency, error) {
	key := c.Request.Header.Get(idempotencyKey)
	if key == "" {
		return nil, nil
	}
	if c.actor.Role == policy.Anon || c.actor.Role == "" {
		return nil, fault.New(fault.Denied, "Idempotency-Key needs a signed-in caller")
	}
	const longest = 255
	if len(key) > longest {
		return nil, fault.New(fault.TooComplex, "an Idempotency-Key has at most %d bytes", longest)
	}
	scope := c.actor.Role + "\x1f" + c.actor.UID + "\x1f" + c.Method + "\x1f" + c.URL.EscapedPath()
	return &engine.Idempotency{Key: key, Scope: scope, Body: sent.sum(c.Request)}, nil
}

// writeStatus follows PostgREST: 201 for an insert that inserted or was plain, 200 with a representation, else 204.
func writeStatus(read *rest.Read, a *engine.Answer) int {
	w := read.Write
	switch {
	case w.Action == ir.Insert && w.Put && a.Inserted > 0:
		return http.StatusCreated
	case w.Action == ir.Insert && !w.Put && (w.On == nil || !w.On.Merge || a.Inserted > 0):
		return http.StatusCreated
	case w.Return != nil, w.Action == ir.Insert && !w.Put:
		return http.StatusOK
	}
	return http.StatusNoContent
}

func (s *server) writeHeaders(h http.Header, read *rest.Read, a *engine.Answer) {
	private(h, read)
	applied(h, read)
	h.Set("Content-Range", writtenRange(read, a))
	if read.Write.Return != nil {
		h.Set("Content-Type", read.Media.ContentType())
	}
	if read.Prefer.Return == "headers-only" && read.Write.Action == ir.Insert && len(a.Keys) == 1 {
		h.Set("Location", root+read.LocationOf(a.Keys[0]))
	}
	if a.Replayed {
		h.Set("Idempotency-Replayed", "true")
	}
}

// writtenRange names the changed rows of an update, and the number of rows where a count was asked for.
func writtenRange(read *rest.Read, a *engine.Answer) string {
	total := int64(-1)
	if read.Prefer.Count != "" {
		total = a.Affected
	}
	if read.Write.Action == ir.Update {
		return contentRange(0, int(a.Affected), total)
	}
	return contentRange(0, 0, total)
}

// dropped tells the developer's log of defaults that a bulk body has turned into NULL.
func (s *server) dropped(read *rest.Read, a *engine.Answer) {
	if !s.Dev {
		return
	}
	for _, f := range a.Dropped {
		s.Log.Warn("a column named by `columns` but not given became NULL, not its default; Prefer: missing=default keeps the default",
			"collection", read.Collection.Collection.Key, "column", strconv.Quote(f.Name))
	}
}
