package docs_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shell is one bash for a whole document, so that folders and variables stay.
type shell struct {
	in   io.WriteCloser
	out  *bufio.Reader
	wait func() error
}

// mark ends the output of a command; its exit code follows.
const mark = "\x1e"

func newShell(t *testing.T, dir string) *shell {
	t.Helper()
	cmd := exec.Command("bash", "--norc", "--noprofile")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &shell{in, bufio.NewReader(r), func() error { return errors.Join(w.Close(), cmd.Wait(), r.Close()) }}
}

func (s *shell) close() {
	s.in.Close()
	_ = s.wait()
}

// run carries out a command and gives what it printed and its exit code.
func (s *shell) run(command string) (string, int, error) {
	if _, err := fmt.Fprintf(s.in, "{ %s\n} </dev/null\nprintf '%s%%d\\n' $?\n", command, mark); err != nil {
		return "", 0, err
	}
	out, err := s.out.ReadString(mark[0])
	if err != nil {
		return out, 0, err
	}
	code, err := s.out.ReadString('\n')
	if err != nil {
		return out, 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(code))
	return strings.TrimSuffix(out, mark), n, err
}

// step is a command of a block and the output shown below it.
type step struct {
	command string
	shown   string
}

// steps cuts a console block: "$ " begins a command, a line that ends in \ goes on.
func steps(text string) ([]step, error) {
	var out []step
	goes := false
	for line := range strings.Lines(text) {
		command, ok := strings.CutPrefix(line, "$ ")
		switch {
		case ok:
			out = append(out, step{command: command})
		case len(out) == 0:
			return nil, errors.New("a console block begins with `$ ` and a command")
		case goes:
			out[len(out)-1].command += line
		default:
			out[len(out)-1].shown += line
			continue
		}
		goes = strings.HasSuffix(line, "\\\n")
	}
	return out, nil
}

// console runs the commands of a block and compares what they print. A mark `exit=N` says how the last one ends.
func (s *stage) console(p piece) error {
	all, err := steps(p.text)
	if err != nil {
		return err
	}
	var filled strings.Builder
	for i, st := range all {
		want := 0
		if i == len(all)-1 {
			want = exit(p)
		}
		got, err := s.command(st, want)
		if err != nil {
			return err
		}
		if st.shown == "?\n" {
			st.shown = got
		}
		filled.WriteString("$ " + st.command + st.shown)
	}
	if strings.Contains("\n"+p.text, "\n?\n") {
		s.filled[p.line] = filled.String()
	}
	return nil
}

// commands runs a block of commands without their outputs.
func (s *stage) commands(p piece) error {
	script := strings.ReplaceAll(p.text, "\\\n", " ")
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if _, err := s.command(step{command: line + "\n"}, exit(p)); err != nil {
			return err
		}
	}
	return nil
}

func exit(p piece) int {
	for _, w := range p.info {
		if n, ok := strings.CutPrefix(w, "exit="); ok {
			code, _ := strconv.Atoi(n)
			return code
		}
	}
	return 0
}

// command runs one, in the project or in the copy that is wrong. A server is started and left running.
func (s *stage) command(st step, want int) (string, error) {
	if first := strings.Fields(st.command); len(first) > 1 && first[0] == "socle" && (first[1] == "dev" || first[1] == "serve") && want == 0 {
		return s.serveAs(st)
	}
	if err := s.ready(st.command); err != nil {
		return "", err
	}
	command := s.server.outward(st.command)
	if s.aside != "" {
		command = "cd " + s.aside + "; " + command
	}
	got, code, err := s.shell.run(command)
	if s.aside != "" {
		_, _, _ = s.shell.run("cd " + s.dir)
	} else if err == nil {
		err = s.enter()
	}
	got = strings.ReplaceAll(s.server.homeward(got), s.home, "/home/you")
	switch {
	case err != nil:
		return got, err
	case code != want:
		return got, fmt.Errorf("$ %sexit code %d, want %d:\n%s", st.command, code, want, got)
	case st.shown != "" && st.shown != "?\n" && !alike(st.shown, got):
		return got, fmt.Errorf("$ %sprinted\n%s\nshown is\n%s", st.command, got, st.shown)
	case st.shown == "?\n" && !*fill:
		return got, fmt.Errorf("$ %sshows no output yet", st.command)
	}
	return got, nil
}

// enter makes the folder of the shell the project, where it is one.
func (s *stage) enter() error {
	dir, _, err := s.shell.run("pwd")
	if err != nil {
		return err
	}
	dir = strings.TrimSpace(dir)
	if _, err := os.Stat(filepath.Join(dir, "socle.yaml")); err == nil {
		s.dir = dir
	}
	return nil
}

// ready sees to it that the document's server is there where a command asks it, and out of the way of one that needs the
// database for itself.
func (s *stage) ready(command string) error {
	if strings.Contains(command, "127.0.0.1") {
		return s.serve()
	}
	for _, alone := range []string{"apply", "plan", "reset", "restore"} {
		if strings.HasPrefix(command, "socle "+alone) {
			s.server.stop()
			s.server = nil
		}
	}
	return nil
}
