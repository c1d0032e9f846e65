package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// world is what Socle serves from one engine, and who asks.
type world struct {
	options
	dir      string // of the project, its rows and all databases
	sizes    sizes
	database string // the URL of PostgreSQL; empty: embedded
	keys     struct{ Publishable, Secret string }
	users    []user
}

// newWorld writes the project and its rows.
func newWorld(o options, dir string, s sizes) (*world, error) {
	w := &world{options: o, dir: dir, sizes: s}
	return w, errors.Join(writeProject(w.project()), s.write(w.seed()))
}

func (w *world) project() string { return filepath.Join(w.dir, "project") }
func (w *world) seed() string    { return filepath.Join(w.dir, "rows") }

func (w *world) data() string {
	if w.database != "" {
		return filepath.Join(w.dir, "postgres-data")
	}
	return filepath.Join(w.dir, "data")
}

// load brings the rows into a database, empty for the embedded one, and makes the askers' tokens. The world is the one over it.
func (w *world) load(database string) (*world, error) {
	over := *w
	over.database = database
	if _, err := over.socle("apply"); err != nil {
		return nil, err
	}
	return &over, errors.Join(over.bring(), over.admit())
}

// bring imports the rows that are written.
func (w *world) bring() error {
	_, err := w.socle("import", "--all", w.seed())
	return err
}

// admit makes tokens for the askers.
func (w *world) admit() error {
	out, err := w.keyed("keys", "--format", "json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, &w.keys); err != nil {
		return err
	}
	w.users = make([]user, askers)
	for i := range w.users {
		id := key(members, i)
		token, err := w.keyed("token", "--sub", id)
		if err != nil {
			return err
		}
		w.users[i] = user{member: i, ID: id, Token: strings.TrimSpace(string(token))}
	}
	return nil
}

// socle runs a command of the binary on the project and its database.
func (w *world) socle(args ...string) ([]byte, error) {
	if w.database != "" {
		args = append(args, "--database", w.database)
	}
	return w.keyed(args...)
}

// keyed runs a command that needs the data directory alone.
func (w *world) keyed(args ...string) ([]byte, error) {
	cmd := exec.Command(w.binary, append(args, w.project(), "--data", w.data())...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(strings.Join(args, " ")+": "+said.String()))
	}
	return out, nil
}

func (w *world) start() (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	args := []string{"serve", w.project(), "--addr", addr, "--data", w.data()}
	if w.database != "" {
		args = append(args, "--database", w.database, "--drain", "0s")
	}
	return launch(addr, w.binary, args...)
}

// startLimit starts the limit over a database, a file or a URL.
func startLimit(database string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return launch(addr, self, "-limit", addr, "-rows", database)
}
