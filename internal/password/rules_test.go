package password

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	t.Parallel()
	breached := listOf(t, "password\nletmein\nиван2000\n")
	const short, pwned = "Password should be at least 8 characters.", "Password is known to be weak and easy to guess, please choose a different one."
	for _, c := range []struct {
		name    string
		rules   Rules
		plain   string
		reasons []string
		message string
	}{
		{"eight characters", Rules{}, "12345678", nil, ""},
		{"seven", Rules{}, "1234567", []string{"length"}, short},
		{"seven characters of two bytes", Rules{}, "ééééééé", []string{"length"}, short},
		{"eight characters of two bytes", Rules{}, "éééééééé", nil, ""},
		{"none", Rules{}, "", []string{"length"}, short},
		{"none, where one is enough", Rules{Min: 1}, "", []string{"length"}, "Password should be at least 1 characters."},
		{"another minimum", Rules{Min: 12}, "12345678901", []string{"length"}, "Password should be at least 12 characters."},
		{"more than bcrypt takes", Rules{}, strings.Repeat("x", 73), nil, ""},
		{"the most bytes", Rules{}, strings.Repeat("x", 1024), nil, ""},
		{"one more", Rules{}, strings.Repeat("x", 1025), []string{"length"}, "Password cannot be longer than 1024 bytes."},
		{"NUL", Rules{}, "12345678\x00", []string{"characters"}, "Password should not contain the character NUL."},
		{"not UTF-8", Rules{}, "12345678\xff", []string{"characters"}, "Password should be valid UTF-8."},
		{"white space", Rules{}, "        ", nil, ""},
		{"breached", Rules{Breached: breached}, "password", []string{"pwned"}, pwned},
		{"breached, beyond ASCII", Rules{Breached: breached}, "иван2000", []string{"pwned"}, pwned},
		{"breached and short: both are said", Rules{Breached: breached}, "letmein", []string{"length", "pwned"}, short + " " + pwned},
		{"like a breached one", Rules{Breached: breached}, "Password", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.rules.Check(c.plain)
			var weak *Weak
			switch {
			case c.reasons == nil && err != nil:
				t.Errorf("refused: %v", err)
			case c.reasons == nil:
			case !errors.As(err, &weak):
				t.Errorf("got %v", err)
			case !slices.Equal(weak.Reasons, c.reasons) || weak.Message != c.message || err.Error() != c.message:
				t.Errorf("got %q %q", weak.Reasons, weak.Message)
			}
		})
	}
}

func TestAListThatCannotBeReadIsNotAWeakPassword(t *testing.T) {
	t.Parallel()
	l := listOf(t, hashesOf("one", "two", "three"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var weak *Weak
	if err := (Rules{Breached: l}).Check("correct horse"); err == nil || errors.As(err, &weak) || !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// listOf opens a list with a text.
func listOf(t *testing.T, text string) *List {
	t.Helper()
	l, err := OpenList(fileOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "breached.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
