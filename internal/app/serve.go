package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// How long a connection may take over each part, so that slow senders and idle ones cannot hold the server.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 120 * time.Second
	idleTimeout   = 120 * time.Second
	stopTimeout   = 15 * time.Second
	headerBytes   = 64 << 10
)

// Go starts f in a goroutine of its own; a panic in it is logged and ends nothing else. Every goroutine of the product
// starts here.
func Go(log *slog.Logger, name string, f func()) {
	go func() {
		defer func() {
			if p := recover(); p != nil {
				log.Error("panic in the background", "task", name, "panic", p, "stack", string(debug.Stack()))
			}
		}()
		f()
	}()
}

// Serve is Serve of the runtime itself. A store that cannot make writes durable any more ends it too, with the store's reason.
func (r *Runtime) Serve(ctx context.Context, log *slog.Logger, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	Go(log, "store", func() {
		select {
		case <-ctx.Done():
		case <-r.store.Failed():
			log.Error("the store has failed; nothing more is acknowledged", "cause", errors.Unwrap(r.store.Failure()))
			stop()
		}
	})
	Go(log, "nodes", func() { r.attend(ctx) })
	return errors.Join(Serve(ctx, log, l, r), r.store.Failure())
}

// Serve answers on the listener until ctx ends, then lets requests under way finish.
func Serve(ctx context.Context, log *slog.Logger, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
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
