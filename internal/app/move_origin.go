package app

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// origin is where the rows come from, and how its writes are held off: by itself, or by the server that has it open.
type origin struct {
	store.Store
	hold, held func(context.Context) (int64, error)
	release    func(context.Context) error
	close      func() error
}

// openOrigin opens a project's database to be read whole.
func openOrigin(ctx context.Context, d config.Database, o Options) (*origin, error) {
	d.Replicas = nil
	if d.Engine == "sqlite" {
		if !sqlite.Exists(o.Data) {
			return nil, &NoDatabase{o.Data}
		}
		if server := (remote{o.Data}); server.answers(ctx) {
			c, err := sqlite.OpenCopy(sqlite.File(o.Data))
			if err != nil {
				return nil, err
			}
			return &origin{c, server.hold(http.MethodPost), server.hold(http.MethodGet), server.release, c.Close}, nil
		}
	}
	o.Dev = false // its mark is for directories that are made here
	st, err := openStore(ctx, d, o)
	if err != nil {
		return nil, err
	}
	h := st.(store.Holder)
	return &origin{st, h.Hold, h.Held, h.Release, st.Close}, nil
}

// pathHold is where a server is told to take no writes: GET asks, POST begins, DELETE ends.
const pathHold = "/hold"

// holds answers moves.
func (r *Runtime) holds(mux *http.ServeMux) {
	h, ok := r.store.(store.Holder)
	if !ok {
		return
	}
	mux.HandleFunc("GET "+pathHold, func(w http.ResponseWriter, req *http.Request) {
		id, err := h.Held(req.Context())
		answer(w, id, err)
	})
	mux.HandleFunc("POST "+pathHold, func(w http.ResponseWriter, req *http.Request) {
		id, err := h.Hold(req.Context())
		answer(w, id, err)
	})
	mux.HandleFunc("DELETE "+pathHold, func(w http.ResponseWriter, req *http.Request) {
		answer(w, nil, h.Release(req.Context()))
	})
}

// hold begins a hold, or asks for it, and gives its number.
func (s remote) hold(method string) func(context.Context) (int64, error) {
	return func(ctx context.Context) (id int64, err error) {
		res, err := succeeded(request(ctx, s.data, method, pathHold, nil))
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		return id, json.NewDecoder(res.Body).Decode(&id)
	}
}

func (s remote) release(ctx context.Context) error {
	res, err := succeeded(request(ctx, s.data, http.MethodDelete, pathHold, nil))
	if err != nil {
		return err
	}
	return res.Body.Close()
}
