package nodes

import (
	"context"
	"errors"
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
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/testkit"
)

// socle is the binary under test.
var socle string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "socle-nodes-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	socle = filepath.Join(dir, "socle")
	build := exec.Command("go", "build", "-o", socle, "github.com/socle-hq/socle/cmd/socle")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

var journal = map[string]string{
	"socle.yaml":               "name: journal\n",
	"collections/entries.yaml": "fields: { id: { type: int, identity: true }, text: text }\npolicies: {}\n",
	"seed/entries.csv":         "id,text\n1,one\n2,two\n",
}

// with is the files with one of them changed.
func with(files map[string]string, name, was, is string) map[string]string {
	out := map[string]string{}
	for n, text := range files {
		out[n] = text
	}
	out[name] = strings.Replace(out[name], was, is, 1)
	return out
}

// site is one database and what its servers share.
type site struct {
	t         *testing.T
	dsn, keys string
	secret    string
}

func newSite(t *testing.T, dsn string) *site {
	t.Helper()
	s := &site{t: t, dsn: dsn}
	dir := s.project(map[string]string{"socle.yaml": "name: keys\n"})
	data := filepath.Join(dir, ".socle")
	out, err := exec.Command(socle, "keys", dir, "--data", data, "--format", "json").CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	_, rest, _ := strings.Cut(string(out), `"secret":`)
	s.secret = strings.Split(rest, `"`)[1]
	raw, err := os.ReadFile(filepath.Join(data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	s.keys = string(raw)
	return s
}

func (s *site) project(files map[string]string) string {
	s.t.Helper()
	dir := s.t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	return dir
}

// server is one process.
type server struct {
	site  *site
	addr  string
	cmd   *exec.Cmd
	said  *testkit.Said
	ended chan struct{}
}

// begin starts a process on an address, "" for any, and does not wait for it.
func (s *site) begin(files map[string]string, addr string, more ...string) *server {
	s.t.Helper()
	if addr == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		addr = l.Addr().String()
		l.Close()
	}
	x := &server{site: s, addr: addr, said: &testkit.Said{}, ended: make(chan struct{})}
	dir := s.project(files)
	x.cmd = exec.Command(socle, append([]string{"serve", dir, "--addr", addr}, more...)...)
	x.cmd.Env = append(os.Environ(), "SOCLE_DATABASE="+s.dsn, "SOCLE_KEYS="+s.keys)
	x.cmd.Stdout, x.cmd.Stderr = x.said, x.said
	if err := x.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = x.cmd.Wait()
		close(x.ended)
	}()
	s.t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		<-x.ended
	})
	return x
}

// start begins a process and waits until it is well.
func (s *site) start(files map[string]string, addr string, more ...string) *server {
	s.t.Helper()
	x := s.begin(files, addr, more...)
	x.well()
	return x
}

func (x *server) well() {
	x.site.t.Helper()
	eventually(x.site.t, "the server answers", func() bool {
		select {
		case <-x.ended:
			x.site.t.Fatal("it ended: " + x.said.String())
		default:
		}
		return x.health() == 200
	})
}

func (x *server) health() int {
	res, err := http.Get("http://" + x.addr + "/health")
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// stop asks a process to end and waits until it has.
func (x *server) stop() {
	x.site.t.Helper()
	x.signal(syscall.SIGTERM)
	<-x.ended
	if code := x.cmd.ProcessState.ExitCode(); code != 0 {
		x.site.t.Errorf("it ended with %d: %s", code, x.said.String())
	}
}

func (x *server) signal(s os.Signal) {
	x.site.t.Helper()
	if err := x.cmd.Process.Signal(s); err != nil {
		x.site.t.Error(err)
	}
}

// ask sends a request as service_role.
func (s *site) ask(client *http.Client, addr, method, path, body string, headers ...string) (int, string, error) {
	req, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Apikey", s.secret)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, string(raw), err
}

func (x *server) wants(method, path, body string, status int, answer string, headers ...string) {
	x.site.t.Helper()
	code, got, err := x.site.ask(http.DefaultClient, x.addr, method, path, body, headers...)
	if err != nil || code != status || got != answer {
		x.site.t.Errorf("%s %s: %d %s %v, want %d %s", method, path, code, got, err, status, answer)
	}
}

// sql opens a connection beside the servers.
func (s *site) sql() *pgx.Conn {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func (s *site) run(conn *pgx.Conn, sql string) {
	s.t.Helper()
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		s.t.Fatal(sql, err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(time.Minute); !holds(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("never: " + what)
		}
	}
}

// balancer gives each request to the next server that is well, and to another one where nobody listens any more. What was sent
// and not answered is lost.
type balancer struct {
	servers []string
	mu      sync.Mutex
	turn    int
	away    map[string]bool
	client  *http.Client
}

func newBalancer(t *testing.T, servers ...*server) *balancer {
	b := &balancer{away: map[string]bool{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	for _, x := range servers {
		b.servers = append(b.servers, x.addr)
	}
	ctx, stop := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		b.watch(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-watched
	})
	return b
}

// watch asks every server how it is.
func (b *balancer) watch(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, addr := range b.servers {
			x := &server{addr: addr}
			away := x.health() != 200
			b.mu.Lock()
			b.away[addr] = away
			b.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *balancer) next() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.servers {
		b.turn++
		if addr := b.servers[b.turn%len(b.servers)]; !b.away[addr] {
			return addr
		}
	}
	return b.servers[b.turn%len(b.servers)]
}

func (b *balancer) ask(s *site, method, path, body string, headers ...string) (code int, answer string, err error) {
	for range 3 * len(b.servers) {
		addr := b.next()
		code, answer, err = s.ask(b.client, addr, method, path, body, headers...)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		b.mu.Lock()
		b.away[addr] = true
		b.mu.Unlock()
	}
	return code, answer, err
}
