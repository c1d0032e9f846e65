package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/backup"
	"github.com/socle-hq/socle/internal/fault"
)

// socketName is the socket of a running server in its data directory: commands of the same user come in there.
const socketName = "socket"

// longestSocket is what every system takes for a socket's path.
const longestSocket = 100

// Control answers commands on the data directory's socket until ctx ends. Where there can be none, requests are served all the
// same.
func (r *Runtime) Control(ctx context.Context) {
	if r.database.Engine == "postgres" {
		return // commands reach the data themselves, and other servers may run from the same directory
	}
	if err := r.control(ctx); err != nil {
		r.Log.Warn("commands such as backup cannot reach this server", "error", err)
	}
}

func (r *Runtime) control(ctx context.Context) error {
	path := filepath.Join(r.Data, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // the lock is ours: a socket that is there is left from a process that was killed
	}
	l, clean, err := listenAt(path)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", path, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", r.sendBackup)
	mux.HandleFunc("GET "+pathAccount, r.tellAccount)
	mux.HandleFunc("POST "+pathUsers, r.takeUsers)
	r.transfers(mux)
	r.holds(mux)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, BaseContext: func(net.Listener) context.Context { return ctx }}
	Go(r.Log, "control", func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			r.Log.Warn("the data directory's socket", "error", err)
		}
	})
	Go(r.Log, "control's end", func() {
		<-ctx.Done()
		_ = srv.Close()
		clean()
	})
	return nil
}

// listenAt listens at a path that may be longer than a socket's can be: the socket is elsewhere then, and a link leads there.
func listenAt(path string) (l net.Listener, clean func(), err error) {
	at, clean := path, func() { os.Remove(path) }
	if len(path) > longestSocket {
		dir, err := os.MkdirTemp("", "socle-")
		if err != nil {
			return nil, nil, err
		}
		at = filepath.Join(dir, socketName)
		clean = func() { os.Remove(path); os.RemoveAll(dir) }
		if err := os.Symlink(at, path); err != nil {
			clean()
			return nil, nil, err
		}
	}
	if l, err = net.Listen("unix", at); err == nil {
		err = os.Chmod(at, 0o600)
	}
	if err != nil {
		clean()
	}
	return l, clean, err
}

// sendBackup makes a backup in the data directory and sends it.
func (r *Runtime) sendBackup(w http.ResponseWriter, req *http.Request) {
	err := r.withBackup(req.Context(), func(f *os.File, size int64) {
		w.Header().Set("Content-Length", fmt.Sprint(size))
		if _, err := io.Copy(w, f); err != nil {
			r.Log.Warn("a backup was not sent whole", "error", err)
		}
	})
	if err != nil {
		r.Log.Error("backup", "error", err)
		http.Error(w, explained(err), http.StatusInternalServerError)
	}
}

// explained is an error with its cause, for the machine's own user.
func explained(err error) string {
	text := err.Error()
	var f *fault.Fault
	if errors.As(err, &f) && errors.Unwrap(f) != nil {
		text += ": " + errors.Unwrap(f).Error()
	}
	return text
}

func (r *Runtime) withBackup(ctx context.Context, use func(f *os.File, size int64)) error {
	src, ok := r.store.(backup.Source)
	if !ok {
		return errors.New("this engine's data cannot be copied from here")
	}
	dir, err := os.MkdirTemp(r.Data, "backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "data.db")
	if err := backup.Make(ctx, src, path, r.Clock.Now()); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	use(f, info.Size())
	return nil
}

// running asks the server of a data directory. ok is false where there is none.
func running(ctx context.Context, data, path string) (answer *http.Response, ok bool, err error) {
	return request(ctx, data, http.MethodGet, path, nil)
}

// dial reaches the server of a data directory.
func dial(ctx context.Context, data string) (net.Conn, error) {
	at := filepath.Join(data, socketName)
	if elsewhere, err := os.Readlink(at); err == nil {
		at = elsewhere
	}
	return (&net.Dialer{}).DialContext(ctx, "unix", at)
}

// request sends a request to the server of a data directory. ok is false where there is none.
func request(ctx context.Context, data, method, path string, body io.Reader) (answer *http.Response, ok bool, err error) {
	conn, err := dial(ctx, data)
	if err != nil {
		return nil, false, nil
	}
	once := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	client := &http.Client{Transport: &http.Transport{DialContext: once, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, method, "http://socle"+path, body)
	if err == nil {
		answer, err = client.Do(req)
	}
	if err != nil {
		return nil, true, errors.Join(err, conn.Close())
	}
	return answer, true, nil
}
