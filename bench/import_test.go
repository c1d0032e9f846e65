package main

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/cli"
)

func TestAnImportLeavesWhatTheLoopLeaves(t *testing.T) {
	t.Parallel()
	here := func(args ...string) (time.Duration, float64, error) {
		var said bytes.Buffer
		if code := cli.Run(t.Context(), args, &said, &said); code != 0 {
			return 0, 0, fmt.Errorf("%v: %d: %s", args, code, &said)
		}
		return 0, 0, nil
	}
	if _, err := compareImports(t.TempDir(), 20_000, here); err != nil {
		t.Error(err)
	}
}
