package app

import (
	"math"
	"syscall"
)

// filesKept are open files for everything but connections and the database: the project's and public ones, logs, backups, mail,
// calls of others. filesEach are those of one of the database's connections, which has a file, its log and others for a moment.
const (
	filesKept = 48
	filesEach = 4
)

// connections is how many connections there may be, where the process may have so many open files and the database runs width
// statements at once. Where there are very few, half of them is for connections.
func connections(files, width int) int {
	return max(files-filesKept-filesEach*(width+1), files/2)
}

// openFiles is how many files the process may have open; the system's bound has been raised as far as it goes when it started.
func openFiles() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return math.MaxInt32
	}
	return int(min(l.Cur, math.MaxInt32))
}
