package testkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Serializable is Postgres with transactions that are serializable where they do not say otherwise.
func Serializable(t testing.TB) string {
	t.Helper()
	dsn := Postgres(t)
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatalf("connect to the test database: %v", err)
	}
	defer conn.Close(context.Background())
	name := pgx.Identifier{conn.Config().Database}.Sanitize()
	if _, err := conn.Exec(context.Background(), "ALTER DATABASE "+name+" SET default_transaction_isolation = 'serializable'"); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// ErrNoPooler says that there is no PgBouncer on this machine.
var ErrNoPooler = errors.New("install pgbouncer")

// Pooled is Postgres through PgBouncer in transaction mode, which has two connections to each database. All tests of a process share
// one, that goes away with the process. The error, where the machine has none, is ErrNoPooler.
func Pooled(t testing.TB) (string, error) {
	t.Helper()
	bin, err := pgbouncer()
	if err != nil {
		return "", err
	}
	dsn := Postgres(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("the DSN of a test database: %v", err)
	}
	poolers.Do(func() { pooler, poolerErr = startPooler(bin, config) })
	if poolerErr != nil {
		t.Fatal(poolerErr)
	}
	return "postgres://" + url.User(config.User).String() + "@/" + config.Database + "?port=6432&sslmode=disable&host=" + url.QueryEscape(pooler), nil
}

var (
	poolers   sync.Once
	pooler    string // the folder of its socket
	poolerErr error
	tether    io.Closer // keeps it alive, as leash does the server
)

// NeedPooler skips a test where there is no PgBouncer, or fails it where CI is set.
func NeedPooler(t testing.TB) {
	t.Helper()
	if _, err := pgbouncer(); err != nil {
		unavailable(t, err)
	}
}

func pgbouncer() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if bin, err := exec.LookPath(name); err == nil {
			return bin, nil
		}
	}
	return "", ErrNoPooler
}

const poolerSupervisor = `
cd "$DIR" || exit 1
"$BIN" "$DIR/ini" >"$DIR/log" 2>&1 &
PID=$!
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -q "process up" "$DIR/log" && { echo ready; break; }
  kill -0 $PID 2>/dev/null || { cat "$DIR/log"; exit 1; }
  sleep 0.1
done
cat >/dev/null
kill -9 $PID 2>/dev/null
rm -rf "$DIR"
`

// startPooler gives the folder of a pooler's socket, which leads to every database of the server.
func startPooler(bin string, to *pgx.ConnConfig) (string, error) {
	dir, err := os.MkdirTemp("", "socle-pgb-")
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("[databases]\n* = host=%s port=%d user=%s", to.Host, to.Port, to.User)
	if to.Password != "" {
		text += " password='" + strings.ReplaceAll(to.Password, "'", "''") + "'"
	}
	text += "\n[pgbouncer]\nserver_tls_sslmode=prefer\nlisten_addr=\nunix_socket_dir=" + dir + "\nauth_type=any\npool_mode=transaction\ndefault_pool_size=2\nmax_client_conn=2000\nlogfile=\npidfile=" + dir + "/pid\n"
	if err := os.WriteFile(filepath.Join(dir, "ini"), []byte(text), 0o644); err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", poolerSupervisor)
	if err := unprivileged(cmd, dir); err != nil {
		return "", err
	}
	cmd.Env = append(os.Environ(), "DIR="+dir, "BIN="+bin)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	if err := awaitReady(out); err != nil {
		return "", fmt.Errorf("pgbouncer: %w", err)
	}
	tether = in
	return dir, nil
}
