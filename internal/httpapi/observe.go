package httpapi

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// note is what the access log says of one request. Credentials, queries and bodies are never part of it.
type note struct {
	id     string
	actor  policy.Actor
	status int
	code   fault.Code
	cause  error
	rows   string // the answer's Content-Range
	why    string // why there are no rows; in development only
	away   bool   // it was turned away, for there are too many
}

type noteKey struct{}

func noteOf(ctx context.Context) *note {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n
	}
	return &note{}
}

// Noted says in the access log why a request failed.
func Noted(ctx context.Context, cause error) { noteOf(ctx).cause = cause }

func (n *note) fault(f *fault.Fault, status int) {
	n.code = f.Code
	if status >= http.StatusInternalServerError {
		n.cause = errors.Unwrap(f)
	}
}

// recorder sees the status that is sent.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// observed logs every request and keeps a panic from ending more than its own.
func (s *server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := &note{id: s.id()}
		rec := &recorder{ResponseWriter: w}
		start := s.Clock.Now()
		r = r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		defer func() {
			p := recover()
			if p != nil {
				s.survive(rec, r, n, p)
			}
			n.status = rec.status
			if n.away {
				s.turnedAway(w, r)
				return
			}
			s.logged(r, n, s.Clock.Now().Sub(start))
			if p != nil && rec.status != http.StatusInternalServerError {
				panic(http.ErrAbortHandler) // part of another answer is on its way: cut the connection
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

func (s *server) survive(rec *recorder, r *http.Request, n *note, p any) {
	s.Log.Error("panic while answering", "id", n.id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if rec.status == 0 {
		c := &call{ResponseWriter: rec, Request: r, note: n}
		rec.Header().Del("Content-Encoding")
		c.fail(fault.New(fault.Internal, "Internal error"))
	}
}

// id names a request in the log.
func (s *server) id() string {
	var raw [8]byte
	if _, err := io.ReadFull(s.Clock.Random(), raw[:]); err != nil {
		return ""
	}
	return hex.EncodeToString(raw[:])
}

func (s *server) logged(r *http.Request, n *note, took time.Duration) {
	level := slog.LevelInfo
	if n.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", n.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", n.status), slog.Duration("took", took.Round(time.Microsecond)),
	}
	for _, a := range []slog.Attr{slog.String("role", n.actor.Role), slog.String("uid", n.actor.UID),
		slog.String("rows", n.rows), slog.String("code", string(n.code)), slog.String("why", n.why)} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if n.cause != nil {
		attrs = append(attrs, slog.String("cause", n.cause.Error()))
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}
