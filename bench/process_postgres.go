package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// postmaster is the process that all others of a cluster come from, 0 where it does not run.
func postmaster(dir string) int {
	text, _ := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

// aided starts a server as start does, one for which a cluster works.
func aided(cluster *testkit.Server, start func() (*process, error)) func() (*process, error) {
	return func() (*process, error) {
		p, err := start()
		if err == nil {
			p.aid = func() time.Duration { return cpuBelow(postmaster(cluster.Dir)) }
		}
		return p, err
	}
}

// cpuBelow is the processor time of a process, of those it has started, and of those of them that ended.
func cpuBelow(pid int) time.Duration {
	total := cpuOf(pid, 11, 15)
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		child, _ := strconv.Atoi(filepath.Base(dir))
		if words := statOf(child); len(words) > 1 && words[1] == strconv.Itoa(pid) {
			total += cpuOf(child, 11, 13)
		}
	}
	return total
}
