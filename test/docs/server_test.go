package docs_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// shownAt is where the documents say a server is.
const shownAt = "127.0.0.1:8090"

// patience is how long a server may take to come up or to take up a change.
const patience = 20 * time.Second

// server is a `socle dev` or `socle serve`.
type server struct {
	cmd  *exec.Cmd
	addr string
	kind string
	over chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// start runs `socle kind dir more…` on a free port.
func start(kind, dir string, more ...string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{addr: l.Addr().String(), kind: kind, over: make(chan struct{})}
	if err := l.Close(); err != nil {
		return nil, err
	}
	s.cmd = exec.Command("socle", append([]string{kind, dir, "--addr", s.addr}, more...)...)
	s.cmd.Dir = dir // what a command names is in the project
	s.cmd.Stdout, s.cmd.Stderr = s, s
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.over)
	}()
	return s, s.until("/health never answered", func() bool {
		answer, err := http.Get("http://" + s.addr + "/health")
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// until waits for a condition, as long as the server runs.
func (s *server) until(what string, holds func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		if holds() {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.over:
			return fmt.Errorf("the server ended:\n%s", s.text())
		case <-end:
			return fmt.Errorf("%s:\n%s", what, s.text())
		}
	}
}

func (s *server) stop() {
	if s == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.over:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.over
	}
}

// follows reports whether the server takes up files as they change.
func (s *server) follows() bool { return s != nil && s.kind == "dev" }

// turns counts how often a change of the files was taken up or refused.
func (s *server) turns() int {
	if s == nil {
		return 0
	}
	log := s.text()
	return strings.Count(log, "the change is live") + strings.Count(log, "the version before is still served")
}

func (s *server) await(seen int) error {
	return s.until("the change was not taken up", func() bool { return s.turns() > seen })
}

// outward puts the server's address where the text has the documents'.
func (s *server) outward(text string) string {
	if s == nil {
		return text
	}
	return strings.ReplaceAll(text, shownAt, s.addr)
}

// homeward is the other way.
func (s *server) homeward(text string) string {
	if s == nil {
		return text
	}
	return strings.ReplaceAll(text, s.addr, shownAt)
}

// serve makes sure that a server of the project as it is now runs.
func (s *stage) serve() error {
	if s.server != nil && !s.stale {
		return nil
	}
	s.server.stop()
	var err error
	s.server, err = start("serve", s.dir, "--apply")
	s.stale = false
	return err
}

// serveAs starts the server that a document's command starts, and waits for the output shown.
func (s *stage) serveAs(st step) (string, error) {
	words := strings.Fields(st.command)
	dir, _, err := s.shell.run("pwd")
	if err != nil {
		return "", err
	}
	dir = strings.TrimSpace(dir)
	more := words[2:]
	if len(more) > 0 && !strings.HasPrefix(more[0], "-") {
		dir, more = filepath.Join(dir, more[0]), more[1:]
	}
	s.server.stop()
	s.dir, s.stale, s.tokens = dir, false, map[string]string{}
	if s.server, err = start(words[1], dir, more...); err != nil {
		return "", err
	}
	print := func() string { return strings.ReplaceAll(s.server.homeward(s.server.text()), s.home, "/home/you") }
	if st.shown == "" || st.shown == "?\n" {
		return print(), nil
	}
	err = s.server.until("shown is\n"+st.shown, func() bool { return alike(st.shown, print()) })
	return print(), err
}

// installed is the folder with supabase-js and, where it is there, TypeScript.
func installed() (string, bool) {
	modules, err := filepath.Abs(filepath.Join(root, "test/npm/node_modules"))
	if err != nil {
		return "", false
	}
	_, err = os.Stat(filepath.Join(modules, "@supabase/supabase-js"))
	return modules, err == nil
}
