// Package testkit owns the throwaway servers that tests run against. It knows nothing of the product: it hands out
// connection strings. Only tests import it.
package testkit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres gives the DSN of a fresh, empty database (UTF8, C locale) that is dropped when t ends. All tests of a process
// share one throwaway cluster, started by the first of them; it goes away with the process, however that ends.
// SOCLE_TEST_POSTGRES names a running server to use instead. Where there is no PostgreSQL the test is skipped, or fails
// where CI is set.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		unavailable(t, err)
	}
	name := fmt.Sprintf("socle_%d_%d", os.Getpid(), databases.Add(1))
	admin(t, server, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	t.Cleanup(func() { admin(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	return withDatabase(server, name)
}

// CopyPostgres gives the DSN of a copy of the database that Postgres gave; nobody may be connected to that meanwhile. The copy is
// there until drop is called, or t ends.
func CopyPostgres(t testing.TB, dsn string) (copied string, drop func()) {
	t.Helper()
	server, err := shared()
	if err != nil {
		unavailable(t, err)
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("the DSN of a test database: %v", err)
	}
	name := fmt.Sprintf("socle_%d_%d", os.Getpid(), databases.Add(1))
	admin(t, server, "CREATE DATABASE "+name+" TEMPLATE "+pgx.Identifier{c.Database}.Sanitize()+" STRATEGY FILE_COPY")
	drop = sync.OnceFunc(func() { admin(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	t.Cleanup(drop)
	return withDatabase(dsn, name), drop
}

var (
	databases atomic.Int64
	shared    = sync.OnceValues(connectOrStart)
)

func unavailable(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("PostgreSQL is required in CI: %v", err)
	}
	t.Skipf("no PostgreSQL to test against: %v", err)
}

// admin runs one statement in the maintenance database.
func admin(t testing.TB, server, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, withDatabase(server, "postgres"))
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// withDatabase replaces the database of a keyword/value DSN or a URL.
func withDatabase(dsn, name string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " dbname=" + name
	}
	base, query, _ := strings.Cut(dsn, "?")
	scheme, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	out := scheme + "://" + host + "/" + name
	if query != "" {
		out += "?" + query
	}
	return out
}

func connectOrStart() (string, error) {
	if dsn := os.Getenv("SOCLE_TEST_POSTGRES"); dsn != "" {
		return dsn, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	return start(bin)
}

// leash keeps the supervisor alive: it stops the server when its standard input closes, which the end of this process does.
var leash io.Closer

// supervisor makes the cluster, starts it, says "ready", and takes everything away once its input ends. The socket is the
// only way in.
const supervisor = `
cd "$DIR" || exit 1
LC_ALL=C "$BIN/initdb" -D "$DIR/data" -U socle -A trust -E UTF8 --locale=C --no-sync >"$DIR/log" 2>&1 || { cat "$DIR/log"; exit 1; }
LC_ALL=C "$BIN/pg_ctl" -D "$DIR/data" -w -l "$DIR/log" -o "$OPTIONS" start >"$DIR/ctl" 2>&1 || { cat "$DIR/ctl" "$DIR/log"; exit 1; }
echo ready
cat >/dev/null
"$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$DIR"
`

func start(bin string) (dsn string, err error) {
	dsn, _, leash, err = supervise(bin, options)
	return dsn, err
}

// supervise starts a cluster that lives until the leash is closed; options are the server's, for the folder of its socket.
func supervise(bin string, options func(dir string) string) (dsn string, cmd *exec.Cmd, leash io.Closer, err error) {
	dir, err := os.MkdirTemp("", "socle-pg-")
	if err != nil {
		return "", nil, nil, err
	}
	cmd = exec.Command("/bin/sh", "-c", supervisor)
	if err := unprivileged(cmd, dir); err != nil {
		return "", nil, nil, err
	}
	cmd.Env = append(os.Environ(), "DIR="+dir, "BIN="+bin, "OPTIONS="+options(dir))
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, nil, fmt.Errorf("start the supervisor: %w", err)
	}
	if err := awaitReady(out); err != nil {
		return "", nil, nil, err
	}
	return "host=" + dir + " user=socle", cmd, in, nil
}

func awaitReady(out io.Reader) error {
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			return nil
		}
		said.WriteString(lines.Text() + "\n")
	}
	return fmt.Errorf("the server did not start:\n%s", said.String())
}

// options trades durability, which a throwaway cluster has no use for, against speed. dir is for the socket.
func options(dir string) string {
	settings := []string{
		"listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"autovacuum=off", "jit=off", "shared_buffers=64MB", "max_connections=100", "timezone=UTC", "max_locks_per_transaction=256",
	}
	if dir != "" {
		settings = append(settings, "unix_socket_directories="+dir)
	}
	if to := os.Getenv("SOCLE_TEST_STATEMENTS"); to != "" {
		settings = append(settings, recording(to)...)
	}
	return "-c " + strings.Join(settings, " -c ")
}

// recording has the server write every statement, without its values, to a file of its own in the folder.
func recording(folder string) []string {
	return []string{
		"logging_collector=on", "log_destination=csvlog", "log_directory=" + folder, "log_filename=%Y%m%d%H%M%S-" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(recordings.Add(1), 10) + ".log",
		"log_rotation_size=0", "log_statement=all", "log_parameter_max_length=0", "log_parameter_max_length_on_error=0",
	}
}

var recordings atomic.Int64

// find gives the first of the patterns' matches that holds both programs.
func find(patterns ...string) (string, bool) {
	for _, p := range patterns {
		dirs, _ := filepath.Glob(p)
		for i := len(dirs) - 1; i >= 0; i-- {
			if executable(dirs[i], "initdb") && executable(dirs[i], "pg_ctl") && executable(dirs[i], "postgres") {
				return dirs[i], true
			}
		}
	}
	return "", false
}

func executable(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode()&0o111 != 0
}
