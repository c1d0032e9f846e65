package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// Plan compares a project with its database and leaves both as they are: what `apply` would do, and what of the real
// schema somebody changed by hand. A database that does not exist is not made.
func Plan(ctx context.Context, o Options) (status migrate.Status, drift migrate.Drift, err error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return status, drift, err
	}
	c := p.Set.Catalog()
	if p.Config.Database.Engine == "sqlite" && !sqlite.Exists(o.Data) {
		return migrate.Status{State: migrate.Empty, Difference: migrate.Difference{Plan: migrate.Diff(dialect.Dialect{}, nil, c)}}, drift, nil
	}
	st, err := openStore(ctx, p.Config.Database, o)
	if err != nil {
		return status, drift, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if status, err = migrate.Inspect(ctx, st, c); err == nil {
		drift, err = migrate.Drifted(ctx, st)
	}
	return status, drift, err
}

// carry brings the database to the catalogue; what would lose data only where that is wanted, or agreed to.
func (r *Runtime) carry(ctx context.Context, c *schema.Catalog) error {
	r.Backup = ""
	o := migrate.Options{Keys: r.ring.Current().Fingerprint(), Destructive: r.Lossy, Clock: r.Clock, Backup: r.backup, Apart: true}
	_, err := migrate.Carry(ctx, r.store, c, o)
	var d migrate.Difference
	if r.Ask == nil || !errors.As(err, &d) || d.Problems.Failed() || !r.Ask(ctx, d) {
		return err
	}
	o.Destructive = true
	_, err = migrate.Carry(ctx, r.store, c, o)
	return err
}

// backup copies the database into a file of the data directory, named after the instant.
func (r *Runtime) backup(ctx context.Context) error {
	if r.database.Engine == "postgres" {
		return r.copyAway(ctx)
	}
	st, ok := r.store.(interface {
		Backup(ctx context.Context, path string) error
	})
	if !ok {
		return fmt.Errorf("this engine's data cannot be copied from here")
	}
	path := filepath.Join(r.Data, "before-"+r.Clock.Now().UTC().Format("20060102T150405.000000")+".db")
	if err := st.Backup(ctx, path); err != nil {
		return err
	}
	r.Backup = path
	return nil
}
