package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// ErrElsewhere is the error of a command for data directories where the data is PostgreSQL's.
var ErrElsewhere = errors.New("the data is in PostgreSQL, not in the data directory: use PostgreSQL's own tools, such as pg_dump and pg_restore")

// errStopping is what /health means while requests are still answered.
var errStopping = errors.New("the server is stopping")

// errMoved is the error of a changed `database:` while it is served from.
var errMoved = errors.New("another database is taken up only when the server is started again")

// openStore opens the database of a project.
func openStore(ctx context.Context, d config.Database, o Options) (store.Store, error) {
	if d.Engine == "postgres" {
		return postgres.OpenWith(ctx, d.URL, postgres.Options{Replicas: d.Replicas, Connections: d.Connections, Clock: o.Clock,
			Source: " (of " + config.Origin(o.Env, "database") + ")"})
	}
	if err := mark(o); err != nil {
		return nil, err
	}
	return sqlite.Open(o.Data, sqlite.Options{Clock: o.Clock})
}

// entitled makes sure that the database's user may write what the project stores.
func (r *Runtime) entitled(ctx context.Context, p *Project) error {
	st, ok := r.store.(interface {
		Entitled(ctx context.Context, tables []string) error
	})
	if !ok {
		return nil
	}
	var tables []string
	for _, c := range p.Set.Catalog().Tables() {
		tables = append(tables, r.store.Dialect().Table(c))
	}
	return st.Entitled(ctx, tables)
}

// healthy is why the database cannot be used now.
func (r *Runtime) healthy(ctx context.Context) error {
	if r.stopping.Load() {
		return errStopping
	}
	if err := r.store.Failure(); err != nil {
		return err
	}
	if remote, ok := r.store.(interface{ Ping(context.Context) error }); ok {
		return remote.Ping(ctx)
	}
	return nil
}

// glance is how often a node looks whether another has changed the schema.
const glance = time.Second

// attend follows the schema of a database that other nodes may change. Where the project's files are what was applied, they are
// taken up; otherwise the version that is served goes on, for an old and a new node serve together while one replaces the other.
func (r *Runtime) attend(ctx context.Context) {
	if r.database.Engine != "postgres" {
		return
	}
	tick := time.NewTicker(glance)
	defer tick.Stop()
	noticed := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		applied, err := migrate.Version(ctx, r.store)
		if err != nil || applied == noticed || applied == r.Project().Set.Catalog().Version {
			continue
		}
		noticed = applied
		if err := r.join(applied); err != nil {
			r.Log.Warn("another server has changed the schema, and this one goes on with the project it has; start it again with the other's files", "reason", err)
			continue
		}
		r.Log.Info("another server has changed the schema; the project's files are what it applied and are served now")
	}
}

// errOlder says that the files of this node are not what another has applied.
var errOlder = errors.New("the project's files are not what was applied")

// join takes up the project's files where they are the applied version.
func (r *Runtime) join(applied string) error {
	p, err := load(r.Dir, r.Env, r.Clock)
	if err != nil {
		return err
	}
	if p.Set.Catalog().Version != applied {
		return errOlder
	}
	return r.install(p)
}

// copyAway copies a PostgreSQL database with its own tool.
func (r *Runtime) copyAway(ctx context.Context) error {
	if _, err := exec.LookPath("pg_dump"); err != nil {
		return fault.New(fault.Unavailable, "pg_dump is needed to copy the database; install PostgreSQL's client programs")
	}
	address, password, err := plain(r.database.URL)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return err
	}
	path := filepath.Join(r.Data, "before-"+r.Clock.Now().UTC().Format("20060102T150405.000000")+".dump")
	if err := os.WriteFile(path, nil, 0o600); err != nil { // the tool's own would be for everybody to read
		return err
	}
	cmd := exec.CommandContext(ctx, "pg_dump", "--format=custom", "--no-password", "--file="+path, "--dbname="+address)
	cmd.Env = append(cmd.Environ(), "PGPASSWORD="+password)
	if said, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("pg_dump: %w: %s", err, strings.TrimSpace(string(said))), os.Remove(path))
	}
	r.Backup = path
	return nil
}

// plain is a database's URL as PostgreSQL's tools know it, and its password, which must not be seen among a process's arguments.
func plain(dsn string) (address, password string, err error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", "", errors.New("the database's address cannot be read")
	}
	password, _ = u.User.Password()
	query := u.Query()
	if p := query.Get("password"); p != "" {
		password = p
	}
	for name := range query {
		if name == "password" || strings.HasPrefix(name, "pool_") || strings.HasSuffix(name, "_cache_capacity") || name == "default_query_exec_mode" {
			query.Del(name)
		}
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // the tools take a plus sign as it is
	return u.String(), password, nil
}
