package sqlite

import (
	"fmt"
	"os"
	"testing"

	"github.com/socle-hq/socle/test/power"
)

func TestMain(m *testing.M) {
	if err := power.Install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
