package policytest_test

import (
	"os"
	"strings"
	"testing"
)

// The example of the document is a test file.
func TestTheDocumentsExampleIsRead(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "## `socle test`")
	section, _, _ = strings.Cut(section, "\n## ")
	var example []string
	for line := range strings.Lines(section) {
		if text, ok := strings.CutPrefix(line, "    "); ok {
			example = append(example, text)
		}
	}
	s, problems := read(t, strings.Join(example, ""))
	if problems != "" || s.Tests() != 2 || len(s.Files[0].Actors) != 2 || len(s.Files[0].Tests[1].Steps) != 2 {
		t.Errorf("%d tests\n%s", s.Tests(), problems)
	}
}
