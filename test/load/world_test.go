package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/cli"
)

// childVariable makes this program the server, whose arguments are those of the command, or a flood.
const childVariable = "SOCLE_LOAD_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		ctx, stop := context.WithCancel(context.Background())
		go func() { // the server ends with whoever has started it
			io.Copy(io.Discard, os.Stdin)
			stop()
		}()
		if os.Args[1] == "flood" {
			var f flood
			if err := json.Unmarshal([]byte(os.Args[2]), &f); err != nil {
				panic(err)
			}
			json.NewEncoder(os.Stdout).Encode(f.happen())
			os.Exit(0)
		}
		os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// site is a project that a process of its own serves.
type site struct {
	addr, anon, secret string
	dir, database      string
	pid                int
	files              int // how many the server may have open; 0: as many as this process
}

const (
	ann = "0190f3a1-7c5e-7000-8000-00000000000a"
	bob = "0190f3a1-7c5e-7000-8000-00000000000b"
)

// project has notes for everybody and blobs, which together are a large answer.
var project = map[string]string{
	"socle.yaml":             "name: load\ncors: [ https://app.example.org ]\nauth: { confirm_email: false }\n",
	"collections/notes.yaml": "fields: { id: int, title: text, number: int, at: timestamp }\npolicies: { read: true, create: true, update: true }\n",
	"collections/blobs.yaml": "fields: { id: int, text: text }\npolicies: { read: true }\n",
	"seed/notes.ndjson":      notes(2000),
	"seed/blobs.ndjson":      blobs(8),
	"public/index.html":      "<!doctype html><title>load</title>",
}

func notes(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "{\"id\":%d,\"title\":\"note %d\"}\n", i+1, i+1)
	}
	return out.String()
}

// blobs are rows of a megabyte.
func blobs(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "{\"id\":%d,\"text\":%q}\n", i+1, strings.Repeat("0123456789abcdef", 1<<16))
	}
	return out.String()
}

// serve starts a server on SQLite; it ends with the test.
func serve(t *testing.T) *site {
	t.Helper()
	return serveOn(t, "sqlite")
}

// serveOn starts a server on a database.
func serveOn(t *testing.T, database string) *site {
	t.Helper()
	s := ready(t, database)
	s.start(t)
	return s
}

// ready is a project that is not served yet.
func ready(t *testing.T, database string) *site {
	t.Helper()
	dir := t.TempDir()
	for name, text := range project {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &site{addr: free(t), dir: dir, database: database}
	command(t, "apply", "--database="+database, dir)
	var keys struct{ Publishable, Secret string }
	if err := json.Unmarshal([]byte(command(t, "keys", "--format=json", dir)), &keys); err != nil {
		t.Fatal(err)
	}
	s.anon, s.secret = keys.Publishable, keys.Secret
	return s
}

func (s *site) start(t *testing.T) {
	t.Helper()
	var said bytes.Buffer
	cmd := child(t, "serve", "--addr="+s.addr, "--database="+s.database, s.dir)
	if s.files > 0 {
		shell, err := exec.LookPath("sh")
		if err != nil {
			t.Skip(err)
		}
		cmd.Path, cmd.Args = shell, append([]string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, s.files)}, cmd.Args...)
	}
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		stdin.Close()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if strings.Contains(said.String(), "panic") {
			t.Errorf("the server's log:\n%.4000s", said.String())
		}
	})
	for {
		if r, err := http.Get("http://" + s.addr + "/health"); err == nil {
			r.Body.Close()
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("the server did not start: %v\n%s", err, said.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// child is a process of this program.
func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// command runs a command of the product and gives what it says.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Run(context.Background(), args, &out, &errs); code != 0 {
		t.Fatalf("%v: %d\n%s", args, code, errs.String())
	}
	return strings.TrimSpace(out.String())
}

// token is one of somebody who has signed in.
func (s *site) token(t *testing.T, sub string) string {
	t.Helper()
	return command(t, "token", "--sub="+sub, "--ttl=1h", s.dir)
}

// dial opens a connection that ends with the test.
func (s *site) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// resident is the server's memory in MiB, 0 where the system does not say.
func (s *site) resident() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "VmHWM:" {
			kib, _ := strconv.Atoi(words[1])
			return kib / 1024
		}
	}
	return 0
}

// beside has an ordinary client ask while f happens: none of its requests may fail.
func (s *site) beside(t *testing.T, f func()) {
	t.Helper()
	token := s.token(t, ann)
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	stop, done := make(chan struct{}), make(chan struct{})
	var took []time.Duration
	var failed []string
	var slowest time.Duration
	which := 0
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			begun := time.Now()
			if wrong := s.ordinary(client, token, i); wrong != "" {
				failed = append(failed, wrong)
			}
			took = append(took, time.Since(begun))
			if took[len(took)-1] > slowest {
				slowest, which = took[len(took)-1], i%10
			}
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	<-done
	slices.Sort(took)
	t.Logf("beside: %d requests, p50 %v, p99 %v, slowest %v (%s); the server's memory %d MiB at most", len(took), took[len(took)/2].Round(10*time.Microsecond),
		took[len(took)*99/100].Round(10*time.Microsecond), slowest.Round(10*time.Microsecond), map[int]string{3: "a write", 7: "health"}[which], s.resident())
	if len(failed) > 0 {
		t.Errorf("%d of %d requests of an ordinary client failed, first: %s", len(failed), len(took), failed[0])
	}
}

// ordinary asks once: mostly for a row, sometimes it writes, and sometimes it looks whether the server is well.
func (s *site) ordinary(client *http.Client, token string, i int) string {
	method, path, body, want := "GET", fmt.Sprintf("/rest/v1/notes?id=eq.%d", 1+i%2000), "", 200
	switch i % 10 {
	case 3:
		method, path, body, want = "PATCH", fmt.Sprintf("/rest/v1/notes?id=eq.%d", 1+i%2000), `{"number":1}`, 204
	case 7:
		path = "/health"
	}
	r, err := http.NewRequest(method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Apikey", s.anon)
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		return fmt.Sprintf("%s %s: %d %s %v", method, path, answer.StatusCode, text, err)
	}
	return ""
}

// many is n, or as many sockets as this process may have.
func many(t *testing.T, n int) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if most := int(min(limit.Cur, 1<<20)) - 500; most < n {
		t.Logf("%d sockets in place of %d: RLIMIT_NOFILE", most, n)
		return most
	}
	return n
}
