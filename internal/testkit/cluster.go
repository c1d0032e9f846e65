package testkit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Cluster is a server of a test's own, that it may stop, start and kill.
type Cluster struct {
	t        testing.TB
	in       io.WriteCloser
	out      *bufio.Scanner
	bin      string
	address  string
	replicas int
}

// keeper carries out one command a line, and takes everything away once its input ends.
const keeper = `
cd "$DIR" || exit 1
export LC_ALL=C
LOG="$DIR/log"
stop() { for d in "$DIR"/data*; do "$BIN/pg_ctl" -D "$d" -m immediate -w stop >/dev/null 2>&1; done; rm -rf "$DIR"; }
trap '' INT
up() { mkdir -p "$DIR/$1.s" && "$BIN/pg_ctl" -D "$DIR/$1" -w -l "$LOG" -o "$OPTIONS -c unix_socket_directories=$DIR/$1.s" start >>"$DIR/ctl" 2>&1; }
"$BIN/initdb" -D "$DIR/data" -U socle -A trust -E UTF8 --locale=C --no-sync >"$LOG" 2>&1 && echo "wal_level=replica" >>"$DIR/data/postgresql.conf" || { cat "$LOG"; exit 1; }
{ echo "local all locked scram-sha-256"; grep '^local' "$DIR/data/pg_hba.conf"; } >"$DIR/hba" && cp "$DIR/hba" "$DIR/data/pg_hba.conf"
echo done
while read -r verb name; do
  case "$verb" in
    start) up "$name" ;;
    stop) "$BIN/pg_ctl" -D "$DIR/$name" -m fast -w stop >>"$DIR/ctl" 2>&1 ;;
    kill) "$BIN/pg_ctl" -D "$DIR/$name" -m immediate -w stop >>"$DIR/ctl" 2>&1 ;;
    promote) "$BIN/pg_ctl" -D "$DIR/$name" -w promote >>"$DIR/ctl" 2>&1 ;;
    copy) "$BIN/pg_basebackup" -h "$DIR/data.s" -U socle -D "$DIR/$name" -R -c fast >>"$DIR/ctl" 2>&1 && up "$name" ;;
  esac && echo done || { tail -n 20 "$DIR/ctl" "$LOG" | tr '\n' ' '; echo; }
done
stop
`

// NewCluster starts a server that ends with the test. It has a database of its own, app, and lets everybody who reaches its
// socket in; a role called locked would need its password.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		unavailable(t, err)
	}
	dir, err := os.MkdirTemp("", "socle-pg-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", keeper)
	if err := unprivileged(cmd, dir); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "DIR="+dir, "BIN="+bin, "OPTIONS="+options("")+" -c synchronous_commit=on -c max_wal_senders=4 -c hot_standby=on")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	c := &Cluster{t: t, in: in, out: bufio.NewScanner(out), bin: bin, address: dir}
	c.answered("make the cluster")
	c.Do("start", "data")
	admin(t, c.keywords("data"), "CREATE DATABASE app TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	return c
}

// Do carries out start, stop, kill or promote on a server: data, or a replica's name.
func (c *Cluster) Do(verb, server string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.in, verb, server); err != nil {
		c.t.Fatal(err)
	}
	c.answered(verb + " " + server)
}

func (c *Cluster) answered(what string) {
	c.t.Helper()
	if !c.out.Scan() || c.out.Text() != "done" {
		c.t.Fatalf("%s: %s", what, c.out.Text())
	}
}

// Replica starts a streaming copy of the server and gives its name and the URL of its database app.
func (c *Cluster) Replica() (name, dsn string) {
	c.t.Helper()
	if !executable(c.bin, "pg_basebackup") {
		unavailable(c.t, errors.New("pg_basebackup is not installed"))
	}
	c.replicas++
	name = fmt.Sprintf("data%d", c.replicas)
	c.Do("copy", name)
	return name, c.At(name)
}

// URL is the address of the server's database app.
func (c *Cluster) URL() string { return c.At("data") }

// At is the address of the database app on a server, on which only the owner of its socket comes in.
func (c *Cluster) At(server string) string {
	return "postgres://socle@/app?host=" + url.QueryEscape(c.address+"/"+server+".s")
}

func (c *Cluster) keywords(server string) string {
	return "host=" + c.address + "/" + server + ".s user=socle"
}

// Run carries out one statement in a server's maintenance database.
func (c *Cluster) Run(sql string) {
	c.t.Helper()
	admin(c.t, c.keywords("data"), sql)
}

// PostgresURL is Postgres as a URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	dsn := Postgres(t)
	if strings.Contains(dsn, "://") {
		return dsn
	}
	values := map[string]string{}
	for _, part := range strings.Fields(dsn) {
		name, v, _ := strings.Cut(part, "=")
		values[name] = v
	}
	return "postgres://" + values["user"] + "@/" + values["dbname"] + "?host=" + url.QueryEscape(values["host"])
}
