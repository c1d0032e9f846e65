package testkit

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Bouncer starts PgBouncer in transaction mode before a database, with so many connections to it, and gives the URL of the
// database through it. It ends with the test.
func Bouncer(t testing.TB, dsn string, connections int) string {
	t.Helper()
	bin, err := pgbouncer()
	if err != nil {
		unavailable(t, err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "socle-pgb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	name, user := strings.TrimPrefix(u.Path, "/"), u.User.Username()
	config := fmt.Sprintf("[databases]\n%s = host=%s user=%s dbname=%s\n[pgbouncer]\nlisten_addr=\nunix_socket_dir=%s\nauth_type=any\npool_mode=transaction\ndefault_pool_size=%d\nlogfile=\npidfile=%s/pid\n",
		name, u.Query().Get("host"), user, name, dir, connections, dir)
	path := filepath.Join(dir, "ini")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, path)
	if err := unprivileged(cmd, dir); err != nil {
		t.Fatal(err)
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	ready := false
	var all strings.Builder
	for !ready && lines.Scan() {
		all.WriteString(lines.Text() + "\n")
		ready = strings.Contains(lines.Text(), "process up")
	}
	go func() {
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if !ready {
		t.Fatalf("pgbouncer did not start:\n%s", all.String())
	}
	return "postgres://" + user + "@/" + name + "?port=6432&host=" + url.QueryEscape(dir)
}
