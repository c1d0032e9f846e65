package docs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// preload makes Node's console print one line for one call.
const preload = `import ws from 'ws'
import { inspect } from 'node:util'
globalThis.WebSocket ??= ws
const one = (v) => typeof v === 'string' ? v : inspect(v, { depth: 9, breakLength: Infinity, compact: true })
console.log = (...all) => process.stdout.write(all.map(one).join(' ') + '\n')
`

var asLine = regexp.MustCompile(`(?m)^// as (\w+)$`)

// script runs a block of JavaScript or TypeScript with the unmodified client. A block whose successor is marked
// `continued` runs together with it. TypeScript is checked strictly first.
func (s *stage) script(p piece) error {
	s.program += p.text
	if s.next != nil && !s.next.hide && s.next.lang() == p.lang() && s.next.word("continued") {
		return nil
	}
	program := s.program
	s.program = ""
	modules, ok := installed()
	if _, err := exec.LookPath("node"); err != nil || !ok {
		if os.Getenv("CI") != "" {
			return errors.New("node and `npm ci` in test/npm are required in CI")
		}
		s.t.Skip("no node, or no test/npm/node_modules: programs cannot be run")
	}
	if err := s.serve(); err != nil {
		return err
	}
	prelude, err := s.prelude(program, p.lang() == "ts")
	if err != nil {
		return err
	}
	return s.node(modules, p.lang(), prelude+s.server.outward(program), shownLines(program))
}

// prelude defines what the documents leave to the reader: the keys and a token.
func (s *stage) prelude(program string, typed bool) (string, error) {
	publishable, secret, err := s.keys()
	if err != nil {
		return "", err
	}
	who := s.usual
	if m := asLine.FindStringSubmatch(program); m != nil {
		who = m[1]
	}
	token := ""
	if who != "anon" && who != "service_role" {
		if token, err = s.token(who); err != nil {
			return "", err
		}
	}
	out := ""
	for _, c := range [][2]string{{"PUBLISHABLE_KEY", publishable}, {"SECRET_KEY", secret}, {"TOKEN", token}} {
		kind := ""
		if typed {
			kind = ": string"
		}
		out += fmt.Sprintf("const %s%s = '%s'; ", c[0], kind, c[1])
	}
	return out, nil
}

// shownLines are the comments behind console.log.
func shownLines(program string) []string {
	var out []string
	for line := range strings.Lines(program) {
		if _, shown, ok := strings.Cut(line, " // "); ok && strings.Contains(line, "console.log(") {
			out = append(out, strings.TrimSpace(shown))
		}
	}
	return out
}

func (s *stage) node(modules, lang, program string, shown []string) error {
	if err := os.Symlink(modules, filepath.Join(s.dir, "node_modules")); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	file := filepath.Join(s.dir, "program.mjs")
	if lang == "ts" {
		file = filepath.Join(s.dir, "program.mts")
	}
	for name, text := range map[string]string{file: program, filepath.Join(s.dir, "preload.mjs"): preload} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if lang == "ts" {
		if err := s.compile(modules, file); err != nil {
			return err
		}
		file = filepath.Join(s.dir, "program.mjs")
	}
	var out, errs bytes.Buffer
	cmd := exec.Command("node", "--import", "./preload.mjs", file)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &out, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s%s", err, &out, &errs)
	}
	if want := strings.Join(shown, "\n"); len(shown) > 0 && !alike(want, out.String()) {
		return fmt.Errorf("the program printed\n%s\nshown is\n%s", &out, want)
	}
	return nil
}

// compile checks a TypeScript program and leaves its JavaScript beside it.
func (s *stage) compile(modules, file string) error {
	cmd := exec.Command("node", filepath.Join(modules, "typescript/bin/tsc"), "--strict", "--skipLibCheck", "--module", "nodenext",
		"--target", "es2022", "--lib", "es2022,dom,dom.iterable", file)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("tsc: %w\n%s", err, out)
	}
	return nil
}
