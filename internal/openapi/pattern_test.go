package openapi

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestOnlyPatternsThatMeanTheSameEverywhereAreSchemas(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		`^[A-Z]{2,5}$`: true, `^#[0-9a-f]{6}$`: true, `^\d+\.\d*$`: true, `(?:a|b)+`: true, `[\-x]`: true, `^a{2,}$`: true, `\bword\b`: true, ``: true,
		`(?i)abc`: false, `(?P<n>a)`: false, `\pL+`: false, `[[:alpha:]]`: false, `\Aabc\z`: false, `\Qa.b\E`: false, `a{,3}`: false, `{`: false,
		`\-`: false, `[]a]`: false, `[^]a]`: false, `é`: false, `\x{10FFFF}`: false, `[a[b]`: false, `\s`: false, `a\`: false, `[\b]`: false,
	} {
		if got := portable(pattern); got != want {
			t.Errorf("%s: %v", pattern, got)
		}
	}
}

func TestSamplesMatchTheirPatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{`^[A-Z]{2,5}$`, `^#[0-9a-f]{6}$`, `^(ab|cd)+\d?$`, `^[^a-z]$`, `^a.c$`, `(?i)^x[[:digit:]]+$`, `^[a-z0-9]+(-[a-z0-9]+)*$`} {
		for extra := range 4 {
			if s := sample(pattern, extra); !regexp.MustCompile(pattern).MatchString(s) {
				t.Errorf("%s: %q", pattern, s)
			}
		}
	}
}

// Two names never share a component, and a token is in the alphabet that the specification allows.
func TestTokensAreDistinct(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.StringOfN(rapid.RuneFrom([]rune("ab-_2d e9é/\"")), 1, 6, -1)
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		if (a == b) != (token(a) == token(b)) || !allowed.MatchString(token(a)) {
			t.Fatalf("%q %q: %q %q", a, b, token(a), token(b))
		}
	})
}
