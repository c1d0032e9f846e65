// Command profiled is socle that notes, as long as it serves, where its processor time goes: in a file of its own in the folder
// profiles beside it. `make profile` has bench drive it, and socle is compiled after what it noted.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"

	"github.com/socle-hq/socle/internal/cli"
)

func main() {
	code := 1
	if err := profiled(func() { code = socle() }); err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// profiled runs something and writes its profile.
func profiled(run func()) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Join(filepath.Dir(self), "profiles"), "socle-*.pprof")
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	run()
	pprof.StopCPUProfile()
	return f.Close()
}

func socle() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
