package app

import (
	"context"
	"fmt"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/seed"
	"github.com/socle-hq/socle/internal/value"
)

// KnownPasswords is the error of a database that is to be served for production and has accounts whose passwords stand in the
// project's files.
type KnownPasswords struct {
	Path     string
	Accounts int64
}

// Error says what to do.
func (e *KnownPasswords) Error() string {
	return fmt.Sprintf("%d of the accounts still have a password of %s, which everybody knows who has the project's files; it is for `socle dev` alone.\n"+
		"Delete these accounts or give them other passwords (`socle users`), or serve another data directory", e.Accounts, e.Path)
}

// seeds are the project's first data as they may be loaded here: the passwords of accounts only into databases of dev.
func (r *Runtime) seeds(p *Project) *seed.Seeds {
	if r.Dev || r.Fresh {
		return p.Seeds
	}
	rest, path := p.Seeds.WithoutPasswords()
	if path != "" {
		r.Log.Info("passwords in the project's first data are for dev alone and left out", "file", path)
	}
	return rest
}

// knownPasswords refuses accounts that have a password of the project's files.
func (r *Runtime) knownPasswords(ctx context.Context) error {
	p := r.Project()
	_, path := p.Seeds.WithoutPasswords()
	if path == "" {
		return nil
	}
	hashes, err := p.Seeds.PasswordHashes()
	if err != nil || len(hashes) == 0 {
		return err
	}
	values := make([]value.Value, len(hashes))
	for i, h := range hashes {
		values[i] = value.OfText(h)
	}
	_, n, err := records.New(r.current.Load().engine).At(ctx).Read(records.Query{Of: "passwords",
		Where: []records.Cond{records.Among("hash", values)}, Limit: 1, Count: true})
	if err == nil && n > 0 {
		err = &KnownPasswords{path, n}
	}
	return err
}
