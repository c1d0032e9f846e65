package main

import (
	"bufio"
	"context"
	"database/sql"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// machine is what figures depend on, without the names that it has in its owner's house.
type machine struct {
	processor, kernel, system string
	cores                     int
	memory                    float64 // GiB
	sync                      time.Duration
	versions                  []string
}

// look fills in what the system says; PostgreSQL is asked where a contest has it.
func (m *machine) look(ctx context.Context, dir string, o options, contests []*contest) error {
	m.system, m.cores = runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU()
	m.processor = firstField("/proc/cpuinfo", "model name")
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(firstField("/proc/meminfo", "MemTotal"), " kB"), 64)
	m.memory = kib / (1 << 20)
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.kernel, _, _ = strings.Cut(strings.TrimSpace(string(release)), "-")
	m.versions = []string{"Go " + strings.TrimPrefix(runtime.Version(), "go")}
	var err error
	if m.sync, err = syncTime(dir); err != nil {
		return err
	}
	return errors.Join(m.sqlite(), m.module("PocketBase", o.pocketbase, "github.com/pocketbase/pocketbase"), m.postgres(ctx, contests))
}

func (m *machine) add(name, version string) {
	if version != "" {
		m.versions = append(m.versions, name+" "+strings.TrimPrefix(version, "v"))
	}
}

func (m *machine) sqlite() error {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	var version string
	err = db.QueryRow("SELECT sqlite_version()").Scan(&version)
	m.add("SQLite", version)
	return err
}

// module adds the version of a module that a binary is built from.
func (m *machine) module(name, binary, path string) error {
	if binary == "" {
		return nil
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	for _, d := range info.Deps {
		if d.Path == path {
			m.add(name, d.Version)
		}
	}
	return nil
}

func (m *machine) postgres(ctx context.Context, contests []*contest) error {
	i := slices.IndexFunc(contests, func(c *contest) bool { return c.url != "" })
	if i < 0 {
		return nil
	}
	conn, err := pgx.Connect(ctx, contests[i].url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var version string
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	version, _, _ = strings.Cut(version, " ")
	m.add("PostgreSQL", version)
	return err
}

// String is the description in the document.
func (m *machine) String() string {
	return fmt.Sprintf("%s, %d cores, %.0f GiB of memory, %s %s; writing 4 KiB and waiting for the disk takes %s (the middle of 50). %s.",
		m.processor, m.cores, m.memory, m.system, m.kernel, ms(m.sync), strings.Join(m.versions, ", "))
}

// firstField is the value of the first line of a file as "name: value".
func firstField(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

// syncTime is how long a write takes that waits for the disk.
func syncTime(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var all []time.Duration
	page := make([]byte, 4096)
	for range 50 {
		begun := time.Now()
		_, err := f.Write(page)
		if err := errors.Join(err, f.Sync()); err != nil {
			return 0, err
		}
		all = append(all, time.Since(begun))
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}
