package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/policytest"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/seed"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// Trial is a project with data of its own in a folder that goes away: what its policy tests run against.
type Trial struct {
	*Runtime
	tokens *auth.Tokens
	store  *sqlite.Store

	frozen   sync.Once
	template string // the database's file as it was when it was first forked
	failed   error
}

var _ policytest.World = (*Trial)(nil)

// NewTrial opens a project without any row. o.Data is not looked at.
func NewTrial(ctx context.Context, p *Project, o Options) (*Trial, error) {
	return newTrial(ctx, p, o, "", "")
}

// newTrial begins with a copy of a database and of the key set it was made with, or with nothing.
func newTrial(ctx context.Context, p *Project, o Options, database, keys string) (*Trial, error) {
	dir, err := os.MkdirTemp("", "socle-test-")
	if err != nil {
		return nil, err
	}
	o.Data = dir
	for from, to := range map[string]string{database: sqlite.File(dir), keys: filepath.Join(dir, auth.KeysFile)} {
		if from != "" {
			err = errors.Join(err, copyFile(from, to))
		}
	}
	if err == nil {
		var t *Trial
		if t, err = openTrial(ctx, p, o); err == nil {
			return t, nil
		}
	}
	return nil, errors.Join(err, os.RemoveAll(dir))
}

func openTrial(ctx context.Context, p *Project, o Options) (*Trial, error) {
	st, err := sqlite.Open(o.Data, sqlite.Options{Clock: o.Clock, Fast: true})
	if err != nil {
		return nil, err
	}
	t := &Trial{Runtime: &Runtime{Options: o, store: st}, store: st}
	if t.ring, err = auth.Open(o.Data, "", o.Clock); err == nil {
		t.Keys = t.ring.Current()
		if _, err = migrate.Apply(ctx, st, p.Set.Catalog(), t.Keys.Fingerprint()); err == nil {
			err = t.install(p)
		}
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	t.tokens = auth.NewTokens(t.Keys, auth.Issuer(p.Config.PublicURL), o.Clock)
	return t, nil
}

// Seed loads the project's first data.
func (t *Trial) Seed(ctx context.Context) error {
	_, err := t.Project().Seeds.Load(ctx, t.store)
	return t.invalid(err)
}

// Fork copies the trial as it was when it was first forked: what forks stays as it is.
func (t *Trial) Fork(ctx context.Context) (policytest.World, error) {
	t.frozen.Do(func() {
		t.template = filepath.Join(t.Data, "template.db")
		t.failed = t.store.Backup(ctx, t.template)
	})
	if t.failed != nil {
		return nil, t.failed
	}
	return newTrial(ctx, t.Project(), t.Options, t.template, filepath.Join(t.Data, auth.KeysFile))
}

// Close takes the trial's data away.
func (t *Trial) Close() error { return errors.Join(t.Runtime.Close(), os.RemoveAll(t.Data)) }

// Add loads rows of a test file.
func (t *Trial) Add(ctx context.Context, rows []policytest.Rows) error {
	dir := filepath.Join(t.Data, "rows")
	if err := os.MkdirAll(filepath.Join(dir, seed.Folder), 0o700); err != nil {
		return err
	}
	places := map[string]policytest.Rows{}
	for _, r := range rows {
		if !plainName(r.Collection.Text) {
			var problems schema.Problems
			problems.Add(r.Collection.Pos, "", "no collection %q", r.Collection.Text)
			return &Invalid{t.Project().FS, problems}
		}
		name := seed.Folder + "/" + r.Collection.Text + ".ndjson"
		places[name] = r
		var b strings.Builder
		for _, l := range r.Lines {
			b.WriteString(l.JSON + "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	seeds, problems := seed.Find(os.DirFS(dir), t.Project().Set, t.Clock)
	var err error = seed.Problems(problems)
	if len(problems) == 0 {
		err = seeds.Add(ctx, t.store)
	}
	var wrong seed.Problems
	if errors.As(err, &wrong) {
		for i, p := range wrong {
			wrong[i].Pos = place(p.Pos, places[p.Pos.File])
		}
		return &Invalid{t.Project().FS, schema.Problems(wrong)}
	}
	return err
}

// plainName reports whether a collection's name can be that of a file: what can not is the name of none.
func plainName(name string) bool {
	return filepath.IsLocal(name) && !strings.ContainsAny(name, `/\:`) && !strings.HasPrefix(name, ".")
}

// place is where a row stands in the test file it came from.
func place(pos schema.Pos, r policytest.Rows) schema.Pos {
	if pos.Line < 1 || pos.Line > len(r.Lines) {
		return r.Collection.Pos
	}
	return r.Lines[pos.Line-1].Pos
}

func (t *Trial) invalid(err error) error {
	var rows seed.Problems
	if errors.As(err, &rows) {
		return &Invalid{t.Project().FS, schema.Problems(rows)}
	}
	return err
}

// Credentials are an actor's headers, as a client sends them.
func (t *Trial) Credentials(ctx context.Context, a policytest.Actor) (http.Header, error) {
	h := http.Header{"Apikey": {t.Keys.Publishable}}
	switch {
	case a.Role == "service_role":
		h.Set("Apikey", t.Keys.Secret)
		return h, nil
	case !a.Sub.Present():
		return h, nil
	}
	who := Known{UID: a.Sub.Text}
	if strings.Contains(a.Sub.Text, "@") {
		var err error
		if who, err = known(ctx, t.current.Load().engine, a.Sub.Text); err != nil {
			return nil, err
		}
		who.confirm(a.Sub.Text)
	}
	g, err := who.Grant([]byte(a.Claims))
	if err != nil {
		return nil, err
	}
	g.TTL = time.Hour
	token, err := t.tokens.Issue(g)
	if err != nil {
		return nil, err
	}
	h.Set("Authorization", "Bearer "+token)
	return h, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
