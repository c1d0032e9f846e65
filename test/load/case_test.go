package load

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var named = regexp.MustCompile("`([a-z/]+): (Test[A-Za-z0-9]+)`")

// The page of limits says where each case is tested: the tests are there.
func TestEveryCaseHasTheTestsThatThePageNames(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	found := named.FindAllStringSubmatch(string(page), -1)
	if len(found) == 0 {
		t.Fatal("the page names no test")
	}
	for _, m := range found {
		files, err := filepath.Glob("../../" + m[1] + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		there := false
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			there = there || strings.Contains(string(text), "func "+m[2]+"(")
		}
		if !there {
			t.Errorf("%s has no %s", m[1], m[2])
		}
	}
}
