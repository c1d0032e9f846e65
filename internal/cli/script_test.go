package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/socle-hq/socle/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"socle": func() {
		if os.Getenv("UNPRIVILEGED") != "" {
			dropRoot()
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}})
}

// nobody is the user and group without rights of their own.
const nobody = 65534

// dropRoot makes the process an unprivileged one; root may write where modes forbid it.
func dropRoot() {
	if os.Geteuid() != 0 {
		return
	}
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScripts runs the command as its users do. Beside testscript's own commands there are
//
//	code N socle ARGS…     runs socle and wants exit code N
//	fetch STATUS URL [HEADER…]   asks until the server is up; the body is stdout
//	await URL TEXT [HEADER…]     asks until the answer holds TEXT
//	write URL BODY [HEADER…]     sends a POST and wants a 2xx
//	damage FILE, cut FILE        turns a bit in the middle; takes the last half away
//	setenv NAME                  sets NAME to the last output, what is before a = left out
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: own(), Setup: settle})
}

// own are the commands beside testscript's.
func own() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"code": code, "fetch": fetch, "await": await, "setenv": setenv,
		"write": write, "damage": damage, "cut": cut}
}

// settle gives a script an address of its own.
func settle(e *testscript.Env) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.Setenv("ADDR", l.Addr().String())
	e.Setenv("FREEPORT", l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:])
	e.Setenv("URL", "http://"+l.Addr().String())
	for _, dir := range []string{filepath.Dir(e.WorkDir), e.WorkDir} { // an unprivileged process reads its project
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
	return l.Close()
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: code N command…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// patience is how long a server may take to come up or to take up a change.
const patience = 20 * time.Second

func request(url string, headers []string) (int, string, error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Set(name, v)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// ask repeats a request until it is what is wanted.
func ask(ts *testscript.TestScript, url string, headers []string, enough func(int, string) bool) (int, string) {
	var status int
	var body string
	var err error
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		if status, body, err = request(url, headers); err == nil && enough(status, body) {
			return status, body
		}
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("%s: %d %s %v", url, status, body, err)
		}
	}
}

func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: fetch status url [header…]")
	}
	status, body := ask(ts, args[1], args[2:], func(int, string) bool { return true })
	fmt.Fprint(ts.Stdout(), body)
	if fmt.Sprint(status) != args[0] {
		ts.Fatalf("status %d, want %s: %s", status, args[0], body)
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: await url text [header…]")
	}
	_, body := ask(ts, args[0], args[2:], func(_ int, body string) bool { return strings.Contains(body, args[1]) })
	fmt.Fprint(ts.Stdout(), body)
}

func write(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: write url body [header…]")
	}
	r, err := http.NewRequest(http.MethodPost, args[0], strings.NewReader(args[1]))
	ts.Check(err)
	for _, h := range args[2:] {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Set(name, v)
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); answer.StatusCode/100 != 2 {
		ts.Fatalf("%d %s", answer.StatusCode, body)
	}
}

// spoil changes a file's content.
func spoil(ts *testscript.TestScript, args []string, change func([]byte) []byte) {
	if len(args) != 1 {
		ts.Fatalf("usage: damage or cut, and a file")
	}
	raw, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), change(raw), 0o600))
}

func damage(ts *testscript.TestScript, _ bool, args []string) {
	spoil(ts, args, func(raw []byte) []byte {
		raw[len(raw)/2] ^= 4
		return raw
	})
}

func cut(ts *testscript.TestScript, _ bool, args []string) {
	spoil(ts, args, func(raw []byte) []byte { return raw[:len(raw)/2] })
}

func setenv(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: setenv name")
	}
	out := strings.TrimSpace(ts.ReadFile("stdout"))
	ts.Setenv(args[0], out[strings.LastIndexByte(out, '=')+1:])
}
