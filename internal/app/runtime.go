package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/console"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/seed"
	"github.com/socle-hq/socle/internal/store"
)

// Options say what to run and how.
type Options struct {
	Dir   string // the project
	Data  string // the data directory
	Keys  string // the key set itself, where it does not come from the data directory
	Apply bool   // bring the database to the project's schema
	Lossy bool   // also where that loses data; a backup is made before
	Dev   bool
	Fresh bool           // a database of dev that is made anew
	Alone bool           // a command's own: what it queues is for a server to send
	Local string         // where it will be reached from this machine; stands in for the project's public_url where it has none
	Drain *time.Duration // how long it goes on after it was told to stop; nil: what suits the engine
	// Ask, where set, decides on a change that would lose data. Without it such a change is refused.
	Ask   func(context.Context, migrate.Difference) bool
	Env   config.Env
	Log   *slog.Logger
	Clock clock.Clock
	// Loopback lets the providers that people sign in at be on this very machine, as Dev does.
	Loopback bool
}

// Runtime is a running project. Its handler can be exchanged while it serves.
type Runtime struct {
	Options
	Keys     *auth.Keys // as they were when it was opened
	ring     *auth.Ring // as they are
	Loaded   []Loaded   // what the first data gave
	Backup   string     // the file made before the last change lost data; "" where it lost none
	store    store.Store
	database config.Database
	current  atomic.Pointer[version]
	stopping atomic.Bool
	shared   shared
	resting  atomic.Pointer[context.CancelFunc] // ends what runs beside the requests

	importing sync.Map // by collection: chan struct{}, which holds a token while rows are imported into it
}

// Loaded is one seed file that was loaded.
type Loaded struct {
	Path string
	Rows int
}

// version is one state of the project: everything that changes when a file does.
type version struct {
	project *Project
	engine  *engine.Engine
	people  *account.Service
	handler http.Handler
}

// NotApplied is the error of a database that is not at the project's schema.
type NotApplied struct {
	Dir   string
	Lines []string
}

// Error says what differs and what to do.
func (e *NotApplied) Error() string {
	text := "the database is not at the project's schema"
	for _, l := range e.Lines {
		text += "\n  - " + l
	}
	return text + "\nrun `socle apply " + e.Dir + "`, or serve with --apply"
}

// Open reads the project, opens its database and brings it to where it can serve. The errors are Invalid, NoProject,
// NotApplied, migrate.Difference, or what the environment refused.
func Open(ctx context.Context, o Options) (*Runtime, error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return nil, err
	}
	st, err := openStore(ctx, p.Config.Database, o)
	if err != nil {
		return nil, err
	}
	r := &Runtime{Options: o, store: st, database: p.Config.Database, shared: newShared(o)}
	if err := r.start(ctx, p); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return r, nil
}

func (r *Runtime) start(ctx context.Context, p *Project) error {
	ring, err := auth.Open(r.Data, r.Options.Keys, r.Clock)
	if err != nil {
		return err
	}
	r.Keys, r.ring = ring.Current(), ring
	if err := r.settle(ctx, p); err != nil {
		return err
	}
	if err := r.entitled(ctx, p); err != nil {
		return err
	}
	return r.install(p)
}

// settle makes sure that the database holds the project, or brings it there.
func (r *Runtime) settle(ctx context.Context, p *Project) error {
	c, keys := p.Set.Catalog(), r.ring.Current()
	if err := migrate.Adopt(ctx, r.store, keys.Fingerprints()); err != nil {
		return err
	}
	if r.Apply {
		if err := r.carry(ctx, c); err != nil {
			return err
		}
		loaded, err := r.seeds(p).Load(ctx, r.store)
		for _, l := range loaded {
			r.Loaded = append(r.Loaded, Loaded{l.Path, l.Rows})
			r.Log.Info("seeded", "file", l.Path, "rows", l.Rows)
		}
		var rows seed.Problems
		if errors.As(err, &rows) {
			return &Invalid{p.FS, schema.Problems(rows)}
		}
		return err
	}
	s, err := migrate.Inspect(ctx, r.store, c)
	switch {
	case err != nil:
		return err
	case s.Keys != "" && s.Keys != keys.Fingerprint():
		return migrate.ErrKeys
	case s.State == migrate.Empty:
		return &NotApplied{Dir: r.Dir, Lines: []string{"nothing was applied yet"}}
	case s.State == migrate.Differs:
		return &NotApplied{Dir: r.Dir, Lines: s.Difference.Lines()}
	}
	return nil
}

// install makes p what the runtime serves.
func (r *Runtime) install(p *Project) error {
	sealer, err := r.Keys.Sealer()
	if err != nil {
		return err
	}
	v := &version{project: p, engine: engine.New(r.store, p.Set, p.Config.Limits, r.Clock)}
	svc, tokens, err := r.accountsOf(p, v.engine)
	if err != nil {
		return err
	}
	gate := auth.NewGate(r.ring, tokens)
	people, err := r.frontOf(p, svc, gate)
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	var home http.Handler
	if r.Dev {
		home = r.console(p)
	}
	v.handler, err = httpapi.New(httpapi.Config{
		Engine: v.engine, Gate: gate, Sealer: sealer, Accounts: people, Inbox: r.shared.page(),
		Limits: p.Config.Limits, Functions: p.Functions,
		Doors: r.doors(p.Config.Limits), Proxies: int(p.Config.Proxies),
		About:   p.API().Settings,
		Origins: p.Config.CORS, Dev: r.Dev, Public: p.public(), Home: home, Log: r.Log, Clock: r.Clock,
		Health:     r.healthy,
		Related:    relatedOrigins(svc.Party),
		TxOverride: given(p.Config.Rest.Rollback, r.Dev),
	})
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	v.people = svc
	r.current.Store(v)
	if !r.Alone {
		r.tend(svc)
	}
	return nil
}

// console is the page of dev, with the keys that hold when it is opened.
func (r *Runtime) console(p *Project) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		k := r.ring.Current()
		console.New(console.Config{Name: p.Config.Name, Set: p.Set, API: r, Publishable: k.Publishable, Secret: k.Secret}).ServeHTTP(w, req)
	})
}

// given is a switch the project may have set, else its default.
func given(set *bool, otherwise bool) bool {
	if set != nil {
		return *set
	}
	return otherwise
}

// Project is what the runtime serves now.
func (r *Runtime) Project() *Project { return r.current.Load().project }

// ServeHTTP answers from the current version; a request keeps the version it began with.
func (r *Runtime) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.current.Load().handler.ServeHTTP(w, req)
}

// Close gives the data directory free.
func (r *Runtime) Close() error {
	if stop := r.resting.Swap(nil); stop != nil {
		(*stop)()
	}
	return r.store.Close()
}
