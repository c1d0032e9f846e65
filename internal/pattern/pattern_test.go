package pattern_test

import (
	"errors"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/pattern"
)

func TestTheSubsetThatAllEnginesShare(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"": true, "^a.b$": true, "[a-c]{2,255}": true, `\bword\b`: true, "(?:x|y)+": true, "[[:alpha:]]": true, `[]x]`: true, `\(?`: true,
		"a{256}": false, `\pL`: false, `[\p{Greek}]`: false, "(?i)a": false, "(?P<n>a)": false, `\Qa\E`: false, "(": false, "a(?=b)": false, `\1`: false,
	} {
		err := pattern.Check(text)
		if good && err != nil {
			t.Errorf("%q: %v", text, err)
		}
		var f *fault.Fault
		if !good && (!errors.As(err, &f) || f.Code != fault.InvalidRegex) {
			t.Errorf("%q is let through: %v", text, err)
		}
	}
}

func TestFoldingIsOfASCIIAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"abc", "xABCx", true}, {"é", "É", false}, {"k", "\u212a", false}, {"[a-c]", "B", true}, {"[^a]", "A", false},
		{"[^a]", "b", true}, {"ſ", "s", false}, {`[^\n]`, "Q", true}, {"[^é]", "É", true},
	} {
		re, err := pattern.Compile(c.pattern, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := re.MatchString(c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
}
