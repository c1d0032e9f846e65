package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/socle-hq/socle/internal/admission"
)

// How long a connection may take over each part, so that slow senders and idle ones cannot hold the server.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second // of a header and the first piece of a body
	writeTimeout  = 120 * time.Second
	idleTimeout   = 120 * time.Second
	stopTimeout   = 15 * time.Second
	headerBytes   = 64 << 10
)

// Go starts f in a goroutine of its own; a panic in it is logged and ends nothing else. Every goroutine of the product
// starts here.
func Go(log *slog.Logger, name string, f func()) {
	go guard(log, name, f)
}

// guard runs f. A panic is logged, and ends nothing else.
func guard(log *slog.Logger, name string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic in the background", "task", name, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// Serve is Serve of the runtime itself. When ctx ends, it says at /health that it stops, and goes on for as long as Drain says,
// so that a balancer sends requests elsewhere before the listener closes. A store that cannot make writes durable any more ends
// it at once, with the store's reason.
func (r *Runtime) Serve(ctx context.Context, log *slog.Logger, l net.Listener) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	Go(log, "store", func() {
		select {
		case <-serving.Done():
		case <-r.store.Failed():
			log.Error("the store has failed; nothing more is acknowledged", "cause", errors.Unwrap(r.store.Failure()))
			stop()
		}
	})
	Go(log, "nodes", func() { r.attend(serving) })
	Go(log, "stop", func() {
		defer stop()
		select {
		case <-serving.Done():
			return
		case <-ctx.Done():
		}
		r.drain(serving, log)
	})
	bounded := admission.NewSockets(l, connections(openFiles(), r.width()), r.Clock)
	return errors.Join(Serve(serving, log, bounded, http.HandlerFunc(r.serveUntilStopped)), r.store.Failure())
}

// defaultDrain is how long a node goes on that may have others beside it.
const defaultDrain = 2 * time.Second

func (r *Runtime) drain(serving context.Context, log *slog.Logger) {
	r.stopping.Store(true)
	var wait time.Duration
	switch {
	case r.Drain != nil:
		wait = *r.Drain
	case r.database.Engine == "postgres" && !r.Dev:
		wait = defaultDrain
	}
	log.Info("stopping", "drain", wait)
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-serving.Done():
	case <-t.C:
	}
}

// serveUntilStopped closes every connection after its answer once the node stops: a balancer that would keep it might send a
// request as it closes.
func (r *Runtime) serveUntilStopped(w http.ResponseWriter, req *http.Request) {
	if r.stopping.Load() {
		w.Header().Set("Connection", "close")
	}
	r.ServeHTTP(w, req)
}

// Serve answers on the listener until ctx ends, then lets requests under way finish.
func Serve(ctx context.Context, log *slog.Logger, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if bounded, ok := l.(*admission.Sockets); ok {
		srv.ConnState = bounded.Changed
	}
	ended := make(chan error, 1)
	Go(log, "serve", func() { ended <- srv.Serve(l) })
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
