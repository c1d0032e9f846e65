package lexeme

import (
	"testing"

	"pgregory.net/rapid"
)

func TestStemmingAnyWordEndsAndLeavesSomething(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		config := rapid.SampledFrom(Configs()).Draw(t, "config")
		word := rapid.StringMatching(`[a-zßøæıаеиоуыюят0-9]{1,12}`).Draw(t, "word")
		if got := Tokenise(config, word); len(got) == 0 || got[0].Text == "" {
			t.Fatalf("%s %q leaves %v", config, word, got)
		}
	})
}
