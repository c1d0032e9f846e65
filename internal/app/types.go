package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/typegen"
)

// Users are the roles of a product's users, signed in or not: whom a front end is written for.
const Users = "users"

// Types are the client types of the project, in TypeScript, for a role or for Users.
func (p *Project) Types(role string) string {
	roles := []string{role}
	if role == Users {
		roles = []string{policy.Anon, policy.Authenticated}
	}
	view := p.Set.Reach(roles...)
	return typegen.TypeScript(typegen.Source{View: view, Functions: p.Functions.Shown(view, roles...), For: role})
}

// TypesFile is a file that holds a project's client types.
type TypesFile struct {
	Path string
	Role string // a role of the data API, or Users
}

// Ready reports whether the file can be written, without doing so. What is there and holds no client types is not for it.
func (t TypesFile) Ready() error {
	info, err := os.Stat(t.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.refused(t.draft(nil, os.Remove))
	case err == nil && !info.Mode().IsRegular():
		return t.refused(errors.New("it is not a file"))
	case err != nil:
		return t.refused(err)
	}
	f, err := os.OpenFile(t.Path, os.O_RDWR, 0)
	if err != nil {
		return t.refused(err)
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err == nil && len(text) > 0 && !bytes.Contains(text, []byte("export type Database")) {
		err = errors.New("it holds something else; name a new file, or remove this one")
	}
	if err == nil {
		err = t.draft(nil, os.Remove)
	}
	return t.refused(err)
}

// Write brings the file to the project. It appears whole or not at all, and is left alone where nothing changes.
func (t TypesFile) Write(p *Project) (changed bool, err error) {
	text := []byte(p.Types(t.Role))
	if old, err := os.ReadFile(t.Path); err == nil && bytes.Equal(old, text) {
		return false, nil
	}
	err = t.draft(text, func(name string) error { return os.Rename(name, t.target()) })
	return err == nil, t.refused(err)
}

// target is the file itself, where the path is a link to it.
func (t TypesFile) target() string {
	if real, err := filepath.EvalSymlinks(t.Path); err == nil {
		return real
	}
	return t.Path
}

// draft writes a file beside the one meant and hands its name on.
func (t TypesFile) draft(text []byte, then func(name string) error) error {
	f, err := os.CreateTemp(filepath.Dir(t.target()), ".types-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = then(f.Name())
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it may have gone already
	}
	return err
}

func (t TypesFile) refused(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write the types to %s: %w", t.Path, reason(err))
}

// reason is an error of the file system without the path, which is said already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
