package docs_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/socle-hq/socle/internal/cli"
)

var fill = flag.Bool("fill", false, "write the answers of this run where a document shows `→ ?` or an output of `?`")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"socle": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}})
}

// TestEveryBlockOfTheDocumentsRuns runs each document from its first block to its last.
func TestEveryBlockOfTheDocumentsRuns(t *testing.T) {
	t.Parallel()
	for _, path := range pages(t) {
		t.Run(strings.ReplaceAll(strings.TrimPrefix(path, root+"/"), "/", "-"), func(t *testing.T) {
			t.Parallel()
			pieces := readPage(t, path)
			if len(pieces) == 0 {
				return
			}
			s := newStage(t)
			defer s.end()
			for i, p := range pieces {
				s.next = nil
				if i+1 < len(pieces) {
					s.next = &pieces[i+1]
				}
				if err := s.run(p); err != nil {
					t.Errorf("%s:%d: %v", path, p.line, err)
				}
			}
			if *fill {
				s.write(path)
			}
		})
	}
}

// stage is where a document is played: a project folder, its server, a shell in it, and who may ask.
type stage struct {
	t       *testing.T
	home    string // everything of this document
	dir     string // the project
	aside   string // a copy of the project with a file that is wrong; "" where there is none
	shell   *shell
	server  *server
	stale   bool // files have changed since the server started
	actors  map[string]actor
	usual   string // who asks where nothing is said
	tokens  map[string]string
	program string // blocks of JavaScript that go on
	next    *piece
	filled  map[int]string // by line of the block
}

// actor is what a token of somebody is made of.
type actor struct {
	Sub    string          `json:"sub"`
	Claims json.RawMessage `json:"claims"`
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, home: t.TempDir(), usual: "anon", filled: map[int]string{}}
	s.dir = s.home
	s.actors, s.tokens = map[string]actor{}, map[string]string{}
	s.shell = newShell(t, s.home)
	return s
}

func (s *stage) end() {
	s.server.stop()
	s.shell.close()
}

// run plays one piece. What it does not know is an error: nothing is skipped in silence.
func (s *stage) run(p piece) error {
	if p.hide {
		return s.direct(p)
	}
	path, more := p.file()
	switch lang := p.lang(); {
	case lang == "text" && p.word("figure"):
		return nil
	case lang == "console":
		defer func() { s.aside = "" }()
		return s.console(p)
	case lang == "sh" || lang == "bash":
		defer func() { s.aside = "" }()
		return s.commands(p)
	case lang == "http":
		return s.exchanges(p)
	case lang == "js" || lang == "ts":
		return s.script(p)
	case lang == "cel" && len(p.info) > 1:
		return s.expressions(p)
	case p.word("wrong") && path != "":
		return s.wrong(path, p.text)
	case path != "":
		return s.put(path, p.text, more)
	}
	return fmt.Errorf("a block marked %q is of no known kind; CONTRIBUTING.md lists them", strings.Join(p.info, " "))
}

// direct obeys a hidden directive.
func (s *stage) direct(p piece) error {
	switch {
	case len(p.info) == 2 && p.info[0] == "project":
		return s.project(p.info[1])
	case len(p.info) == 2 && p.info[0] == "usual":
		s.usual = p.info[1]
		return nil
	case len(p.info) == 2 && p.info[0] == "file":
		return s.put(p.info[1], p.text, false)
	case len(p.info) >= 3 && p.info[0] == "as":
		var a actor
		if err := json.Unmarshal([]byte(strings.Join(p.info[2:], " ")), &a); err != nil {
			return err
		}
		s.actors[p.info[1]] = a
		return nil
	}
	return fmt.Errorf("unknown directive %q", strings.Join(p.info, " "))
}

// project begins a new one: empty, or a copy of an example.
func (s *stage) project(name string) error {
	s.server.stop()
	s.server, s.aside, s.tokens = nil, "", map[string]string{}
	s.dir = filepath.Join(s.home, filepath.Base(name))
	if strings.HasPrefix(name, "examples/") {
		if err := clone(filepath.Join(root, name), s.dir); err != nil {
			return err
		}
	} else if err := s.put("socle.yaml", "name: "+name+"\n", false); err != nil {
		return err
	}
	_, _, err := s.shell.run("cd " + s.dir)
	return err
}

// clone copies a project without its data directory.
func clone(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".socle" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), raw, 0o644)
	})
}

// put writes a file of the project, or appends to it; a running `socle dev` takes it up before anything goes on.
func (s *stage) put(path, text string, more bool) error {
	s.aside = ""
	full := filepath.Join(s.dir, path)
	old, _ := os.ReadFile(full)
	if more {
		text = string(old) + text
	}
	if string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	seen := s.server.turns()
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		return err
	}
	s.stale = true
	if s.server.follows() && !strings.HasPrefix(path, "tests/") {
		s.stale = false
		return s.server.await(seen)
	}
	return nil
}

// wrong puts a file into a copy of the project, in which the commands of the next block run.
func (s *stage) wrong(path, text string) error {
	aside, err := os.MkdirTemp(s.home, "wrong")
	if err != nil {
		return err
	}
	if err := clone(s.dir, aside); err != nil {
		return err
	}
	full := filepath.Join(aside, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	s.aside = aside
	return os.WriteFile(full, []byte(text), 0o644)
}

// expressions checks each line of a block as the read policy of the collection its mark names.
func (s *stage) expressions(p piece) error {
	path := "collections/" + p.info[1] + ".yaml"
	declared, err := os.ReadFile(filepath.Join(s.dir, path))
	if err != nil {
		return err
	}
	for line := range strings.Lines(p.text) {
		raw, err := json.Marshal(strings.TrimSpace(line))
		if err != nil {
			return err
		}
		if err := s.wrong(path, fmt.Sprintf("%spolicies: { update: { using: true, check: %s } }\n", declared, raw)); err != nil {
			return err
		}
		out, err := exec.Command("socle", "check", s.aside).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s\n%s", line, out)
		}
	}
	s.aside = ""
	return nil
}

// token is a token of an actor of the document; "" for anon.
func (s *stage) token(name string) (string, error) {
	who, ok := s.actors[name]
	if !ok {
		return "", fmt.Errorf("nobody here is called %q: <!-- test: as %s {\"sub\": …} -->", name, name)
	}
	if have := s.tokens[name]; have != "" {
		return have, nil
	}
	args := []string{"token", s.dir, "--sub", who.Sub}
	if who.Claims != nil {
		args = append(args, "--claims", string(who.Claims))
	}
	out, err := exec.Command("socle", args...).Output()
	s.tokens[name] = strings.TrimSpace(string(out))
	return s.tokens[name], err
}

// write puts what came into the document.
func (s *stage) write(path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), "\n")
	for _, p := range readPage(s.t, path) {
		if text, ok := s.filled[p.line]; ok {
			lines[p.line] = text
			for i := range strings.Count(p.text, "\n") - 1 {
				lines[p.line+1+i] = ""
			}
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644); err != nil {
		s.t.Fatal(err)
	}
}
