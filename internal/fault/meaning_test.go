package fault_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/fault"
)

func TestEveryCodeHasAMeaning(t *testing.T) {
	t.Parallel()
	for _, c := range fault.Codes() {
		if m := c.Means(); m.When == "" || m.Do == "" {
			t.Errorf("%s says nothing", c)
		}
		if c.Status() < 300 {
			t.Errorf("%s has status %d", c, c.Status())
		}
	}
}
