package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// The benchmark of imports: `socle import` of a CSV file, beside a loop written by hand that inserts the same rows into the same
// tables with one prepared statement. The loop has its values at hand and reads no file; both wait for the disk after as many rows.
const (
	perCommit  = 4000
	importYAML = `fields:
  id: int
  device_id: { ref: devices, required: true }
  label: { type: text, required: true, max: 40 }
  amount: { type: decimal, precision: 12, scale: 2, min: 0 }
  seen_at: { type: timestamp, required: true }
  open: { type: bool, default: true }
indexes: [[device_id]]
policies: { read: true }
`
	devices = 100
)

// reading is row n, from 1.
type reading struct {
	id, device, cents, seen int64 // seen: µs since 1970 UTC
	label                   string
	open                    bool
}

func readingOf(n int) reading {
	i := int64(n)
	return reading{id: i, device: i%devices + 1, cents: i * 37 % 1_000_000, seen: (1_767_225_600 + i) * 1_000_000,
		label: fmt.Sprintf("reading number %d", i), open: i%3 == 0}
}

// writeImportProject makes a project and its file of rows.
func writeImportProject(dir string, rows int) (file string, err error) {
	file = filepath.Join(dir, "readings.csv")
	for name, text := range map[string]string{
		"socle.yaml": "name: readings\n", "collections/readings.yaml": importYAML,
		"collections/devices.yaml": "fields: { id: int }\npolicies: { read: true }\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return "", err
		}
	}
	f, err := os.Create(filepath.Join(dir, "devices.csv"))
	if err != nil {
		return "", err
	}
	fmt.Fprintln(f, "id")
	for i := range devices {
		fmt.Fprintln(f, i+1)
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	if f, err = os.Create(file); err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "id,device_id,label,amount,seen_at,open")
	for n := 1; n <= rows; n++ {
		r := readingOf(n)
		fmt.Fprintf(w, "%d,%d,%s,%d.%02d,%s,%t\n", r.id, r.device, r.label, r.cents/100, r.cents%100,
			time.UnixMicro(r.seen).UTC().Format(time.RFC3339), r.open)
	}
	return file, errors.Join(w.Flush(), f.Close())
}

// insertByHand is the loop.
func insertByHand(database string, rows int) (err error) {
	dsn := url.URL{Scheme: "file", Path: database, RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-8000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for n := 1; n <= rows; {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		add, err := tx.Prepare("INSERT INTO readings (id, device_id, label, amount, seen_at, open) VALUES (?, ?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		for end := min(rows, n+perCommit-1); n <= end; n++ {
			r := readingOf(n)
			if _, err := add.Exec(r.id, r.device, r.label, r.cents, r.seen, r.open); err != nil {
				return err
			}
		}
		if err := errors.Join(add.Close(), tx.Commit()); err != nil {
			return err
		}
	}
	return nil
}

// census is what a database holds, for comparing.
func census(database string) (text string, err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: database, RawQuery: "mode=ro"}).String())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var n, ids, cents, seen, open, letters int64
	err = db.QueryRow("SELECT count(*), sum(id * device_id), sum(amount), sum(seen_at / 1000000), sum(open), sum(length(label)) FROM readings").
		Scan(&n, &ids, &cents, &seen, &open, &letters)
	return fmt.Sprint(n, ids, cents, seen, open, letters), err
}

// run carries out a command of the binary and gives its time and its greatest memory in MiB.
type runner func(args ...string) (time.Duration, float64, error)

func child(binary string) runner {
	return func(args ...string) (time.Duration, float64, error) {
		cmd := exec.Command(binary, args...)
		cmd.Stderr = os.Stderr
		began := time.Now()
		err := cmd.Run()
		took, peak := time.Since(began), 0.0
		if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = float64(use.Maxrss) / 1024
		}
		return took, peak, err
	}
}

// compared is what both did.
type compared struct {
	socle, loop time.Duration
	peak        float64 // MiB
}

// compareImports puts the same rows into two databases of one schema, and looks whether both hold the same then.
func compareImports(dir string, rows int, socle runner) (c compared, err error) {
	file, err := writeImportProject(dir, rows)
	if err != nil {
		return c, err
	}
	data, copied := filepath.Join(dir, ".socle", "data.db"), filepath.Join(dir, "loop.db")
	for _, args := range [][]string{{"apply", dir}, {"import", "devices", filepath.Join(dir, "devices.csv"), dir}} {
		if _, _, err := socle(args...); err != nil {
			return c, err
		}
	}
	text, err := os.ReadFile(data)
	if err == nil {
		err = os.WriteFile(copied, text, 0o600)
	}
	if err != nil {
		return c, err
	}
	if c.socle, c.peak, err = socle("import", "readings", file, dir); err != nil {
		return c, err
	}
	began := time.Now()
	if err := insertByHand(copied, rows); err != nil {
		return c, err
	}
	c.loop = time.Since(began)
	ours, err := census(data)
	if err != nil {
		return c, err
	}
	theirs, err := census(copied)
	if err == nil && ours != theirs {
		err = fmt.Errorf("the databases differ: %s, %s", ours, theirs)
	}
	return c, err
}

// measureImport prints how fast imports are.
func measureImport(o options) error {
	dir, err := os.MkdirTemp("", "socle-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := compareImports(dir, o.imported, child(o.binary))
	if err != nil {
		return err
	}
	rate := func(d time.Duration) float64 { return float64(o.imported) / d.Seconds() }
	fmt.Printf("rows            %d, %d a commit\n", o.imported, perCommit)
	fmt.Printf("loop            %8.0f rows/s\n", rate(c.loop))
	fmt.Printf("socle import    %8.0f rows/s, at most %.1f MiB\n", rate(c.socle), c.peak)
	fmt.Printf("ratio           %.2f\n", rate(c.socle)/rate(c.loop))
	return nil
}
