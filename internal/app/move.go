package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/move"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// Move says where a project's data goes.
type Move struct {
	To      string // as `database:` says it
	Restart bool   // what an earlier move has left unfinished is dropped
	Observe func(move.Event)
}

// MoveRefused is the error of a move that cannot be what was meant. Nothing was changed.
type MoveRefused struct{ Reason string }

// Error says why, and what to do.
func (e *MoveRefused) Error() string { return e.Reason }

func noMove(format string, args ...any) error { return &MoveRefused{fmt.Sprintf(format, args...)} }

// MoveStopped is the error of a move that its caller broke off.
type MoveStopped struct {
	Continues bool // the source still takes no writes, as before: what is there already counts
}

// Error says what the next command is.
func (e *MoveStopped) Error() string {
	if e.Continues {
		return "the move was broken off, and the source takes no writes, as before: the same command goes on where it was"
	}
	return "the move was broken off, and the source takes writes again: the same command with --restart drops what is there already and begins anew"
}

// Moved is what became of a move.
type Moved struct {
	Collections []move.Moved
	To          config.Database
}

// moving is a move under way.
type moving struct {
	Move
	o       Options
	catalog *schema.Catalog
	keys    *auth.Keys
	from    *origin
	to      *destination
	began   bool // the source takes no writes now
	holds   bool // and did before
}

// MoveTo copies all data of a project into an empty database, of the other engine or on another server, while the source takes no writes. Where it
// fails the source takes writes again; where it succeeds it does not, until MoveRelease.
func MoveTo(ctx context.Context, o Options, how Move) (done Moved, err error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return done, err
	}
	to, err := destined(p, o, how.To)
	if err != nil {
		return done, err
	}
	m := &moving{Move: how, o: o, catalog: p.Set.Catalog()}
	if m.keys, err = auth.Load(o.Data, o.Keys, o.Clock); err != nil {
		return done, err
	}
	if m.from, err = openOrigin(ctx, p.Config.Database, o); err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, m.from.close()) }()
	if err := m.applied(ctx); err != nil {
		return done, err
	}
	if m.to, err = openDestination(ctx, to, o); err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, m.to.close()) }()
	if done.Collections, err = m.run(ctx); err == nil {
		err = m.to.place(ctx)
	}
	if err != nil {
		return done, m.stopped(ctx, err)
	}
	done.To = to
	return done, nil
}

// destined is the database of --to.
func destined(p *Project, o Options, to string) (config.Database, error) {
	to, missing := filled(to, o.Env)
	if missing != "" {
		return config.Database{}, noMove("--to names the variable %s, which is not set", missing)
	}
	settings, problems := config.Load(p.FS, config.With(o.Env, map[string]string{"database": to}))
	if settings == nil {
		return config.Database{}, noMove("--to %s", strings.TrimPrefix(problems[0].Message, "database "))
	}
	target := settings.Database
	target.Replicas = nil
	switch {
	case target.Engine == "sqlite" && p.Config.Database.Engine == "sqlite":
		return target, noMove("the project's data is in SQLite already; `socle backup` and `socle restore` carry it to another directory")
	case target.URL == p.Config.Database.URL:
		return target, noMove("the project's data is in %s already", target.Redacted())
	}
	return target, nil
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// filled puts variables where a text has ${NAME}: a password need not be among a process's arguments.
func filled(text string, env config.Env) (out, missing string) {
	out = variable.ReplaceAllStringFunc(text, func(name string) string {
		v, ok := env(name[2 : len(name)-1])
		if !ok {
			missing = name[2 : len(name)-1]
		}
		return v
	})
	return out, missing
}

// applied makes sure that the source is at the project's schema and was made with its keys.
func (m *moving) applied(ctx context.Context) error {
	r, ok, err := migrate.Applied(ctx, m.from.Store)
	if err != nil {
		return err
	}
	if !ok {
		return &NotApplied{Dir: m.o.Dir, Lines: []string{"nothing was applied yet"}}
	}
	if !slices.Contains(m.keys.Fingerprints(), r.Keys) {
		return migrate.ErrKeys
	}
	s, err := migrate.Inspect(ctx, m.from.Store, m.catalog)
	if err == nil && s.State == migrate.Differs {
		err = &NotApplied{Dir: m.o.Dir, Lines: s.Difference.Lines()}
	}
	return err
}

// note is what a database that is being filled says of the source: the same hold of the same source is the same state.
type note struct {
	Hold int64  `json:"hold"`
	Keys string `json:"keys"` // the fingerprint of the source's key set
}

func (m *moving) run(ctx context.Context) ([]move.Moved, error) {
	before, left, err := m.found(ctx)
	if err != nil {
		return nil, err
	}
	if lines, err := move.TooLong(ctx, m.from.Store, m.catalog); err != nil {
		return nil, err
	} else if lines != nil {
		return nil, noMove("rows are too long for an index, and nothing was moved:\n  - %s\nshorten them, or drop the index", strings.Join(lines, "\n  - "))
	}
	now, err := m.from.held(ctx)
	if err != nil {
		return nil, err
	}
	if left && !m.Restart && before.Hold != now {
		return nil, noMove("%s holds a part of an earlier move, and the source has taken writes since; --restart drops the part and begins anew", m.to.name)
	}
	m.holds = now == 0
	id, err := m.from.hold(ctx)
	if err != nil {
		return nil, err
	}
	m.began = true
	if left && m.Restart {
		if err := migrate.DropFilling(ctx, m.to.Store); err != nil {
			return nil, err
		}
	}
	if !left || m.Restart {
		text, err := json.Marshal(note{id, m.keys.Fingerprint()})
		if err != nil {
			return nil, err
		}
		if err := migrate.BeginFilling(ctx, m.to.Store, m.catalog, string(text)); err != nil {
			return nil, err
		}
	}
	return move.Job{From: m.from.Store, To: m.to.Store, Catalog: m.catalog, Observe: m.Observe, Held: func(ctx context.Context) error {
		now, err := m.from.held(ctx)
		if err == nil && now != id {
			err = noMove("the source was released while it was copied, and may have taken writes; move again with --restart")
		}
		return err
	}}.Run(ctx)
}

// found is what the target holds of an earlier move; left is false where it is empty.
func (m *moving) found(ctx context.Context) (was note, left bool, err error) {
	text, empty, err := migrate.Filling(ctx, m.to.Store)
	switch {
	case err != nil || empty:
		return was, false, err
	case text == "":
		return was, false, noMove("%s is not empty: it holds a project; take an empty database", m.to.name)
	}
	if err := json.Unmarshal([]byte(text), &was); err != nil {
		return was, false, err
	}
	if !slices.Contains(m.keys.Fingerprints(), was.Keys) {
		return was, false, noMove("%s holds a part of another project's move; take an empty database", m.to.name)
	}
	return was, true, nil
}

// stopped is how a move ends that failed.
func (m *moving) stopped(ctx context.Context, err error) error {
	undone := m.giveUp(ctx)
	if undone == nil && m.began && ctx.Err() != nil {
		return &MoveStopped{Continues: !m.holds}
	}
	return errors.Join(err, undone)
}

// giveUp lets the source take writes again after a move that failed, also where nobody waits for it any more. A hold that was
// there before stays: what it keeps as it is may be there in part elsewhere.
func (m *moving) giveUp(ctx context.Context) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer stop()
	if !m.holds {
		return nil
	}
	if err := m.from.release(ctx); err != nil {
		return fmt.Errorf("the source still takes no writes; `socle move --release` lets it: %w", err)
	}
	return nil
}

// MoveRelease lets a project's database take writes again that a move holds off. was is false where nothing did.
func MoveRelease(ctx context.Context, o Options) (was bool, err error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return false, err
	}
	from, err := openOrigin(ctx, p.Config.Database, o)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	id, err := from.held(ctx)
	if err != nil || id == 0 {
		return false, err
	}
	return true, from.release(ctx)
}

// destination is where the rows go: a database, or one that is made beside the data directory's and becomes it.
type destination struct {
	store.Store
	name string // for messages
	data string // the data directory; "" for a server
	work string
	shut bool
}

func openDestination(ctx context.Context, d config.Database, o Options) (*destination, error) {
	if d.Engine != "sqlite" {
		st, err := openStore(ctx, d, o)
		return &destination{Store: st, name: d.Redacted()}, err
	}
	if sqlite.Exists(o.Data) {
		return nil, noMove("%s is there already; move it away, or name another directory with --data", sqlite.File(o.Data))
	}
	work := filepath.Join(o.Data, "move")
	st, err := sqlite.Open(work, sqlite.Options{Clock: o.Clock, Lax: true})
	if err != nil {
		return nil, err
	}
	out := &destination{Store: st, name: work, data: o.Data, work: work}
	if text, empty, err := migrate.Filling(ctx, st); err == nil && text == "" && !empty { // whole, and killed before it was placed
		if err := errors.Join(st.Close(), os.RemoveAll(work)); err != nil {
			return nil, err
		}
		if out.Store, err = sqlite.Open(work, sqlite.Options{Clock: o.Clock, Lax: true}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// place makes the database the data directory's.
func (d *destination) place(ctx context.Context) error {
	if d.data == "" {
		return nil
	}
	if err := d.close(); err != nil {
		return err
	}
	file := sqlite.File(d.work)
	c, err := sqlite.OpenCopy(file)
	if err != nil {
		return err
	}
	if err := errors.Join(c.Check(ctx), c.Close()); err != nil {
		return err
	}
	if err := sqlite.Replace(d.data, file, ""); err != nil {
		return err
	}
	return os.RemoveAll(d.work)
}

func (d *destination) close() error {
	if d.shut {
		return nil
	}
	d.shut = true
	return d.Store.Close()
}
