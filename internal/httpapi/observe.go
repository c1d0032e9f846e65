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
	actor  *policy.Actor // nil: nobody
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

// annotated is a request whose handler knows nothing of notes but may have something Noted.
func annotated(r *http.Request, n *note) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
}

// recorder sees the status that is sent, and has the request's note.
type recorder struct {
	http.ResponseWriter
	note
}

// noteBehind is the note of the recorder that a writer writes to.
func noteBehind(w http.ResponseWriter) *note {
	for {
		if rec, ok := w.(*recorder); ok {
			return &rec.note
		}
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return &note{}
		}
		w = outer.Unwrap()
	}
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
		rec := &recorder{ResponseWriter: w, note: note{id: s.id()}}
		start := s.Clock.Now()
		defer func() {
			p := recover()
			if p != nil {
				s.survive(rec, r, p)
			}
			if rec.away {
				s.turnedAway(w, r)
				return
			}
			s.logged(r, &rec.note, start)
			if p != nil && rec.status != http.StatusInternalServerError {
				panic(http.ErrAbortHandler) // part of another answer is on its way: cut the connection
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

func (s *server) survive(rec *recorder, r *http.Request, p any) {
	s.Log.Error("panic while answering", "id", rec.id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if rec.status == 0 {
		c := &call{ResponseWriter: rec, Request: r, note: &rec.note}
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
	var text [2 * len(raw)]byte
	return string(hex.AppendEncode(text[:0], raw[:]))
}

// logged writes a request's line. It asks the log's handler itself, which need not know from where in the program it is asked.
func (s *server) logged(r *http.Request, n *note, start time.Time) {
	level := slog.LevelInfo
	if n.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	ctx, out := r.Context(), s.Log.Handler()
	if !out.Enabled(ctx, level) {
		return
	}
	end := s.Clock.Now()
	line := slog.NewRecord(end, level, "request", 0)
	attrs := make([]slog.Attr, 0, 11)
	attrs = append(attrs, slog.String("id", n.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", n.status), slog.Duration("took", end.Sub(start).Round(time.Microsecond)))
	given := func(name, text string) {
		if text != "" {
			attrs = append(attrs, slog.String(name, text))
		}
	}
	if n.actor != nil {
		given("role", n.actor.Role)
		given("uid", n.actor.UID)
	}
	given("rows", n.rows)
	given("code", string(n.code))
	given("why", n.why)
	if n.cause != nil {
		attrs = append(attrs, slog.String("cause", n.cause.Error()))
	}
	line.AddAttrs(attrs...)
	_ = out.Handle(ctx, line) // what keeps the log may be full: requests are answered all the same
}
