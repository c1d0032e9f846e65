package eval

import (
	"testing"

	"github.com/socle-hq/socle/internal/ir"
)

func TestFoldingAPatternConcernsASCIILettersAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"^abc$", "aBC", true}, {"^k$", "K", true}, {"^k$", "\u212a", false}, {"^é$", "É", false},
		{"^[^a]$", "A", false}, {"^[^a]$", "b", true}, {"^[a-c]$", "B", true}, {"^[é]$", "É", false}, {`^\W$`, "é", true}, {`^\D$`, "A", true},
	} {
		re, err := New(&ir.Env{}, nil).compile(c.pattern, true)
		if err != nil {
			t.Fatalf("%s: %v", c.pattern, err)
		}
		if got := re.MatchString(c.text); got != c.want {
			t.Errorf("%s against %s: %v", c.pattern, c.text, got)
		}
	}
}
