package password

import (
	"crypto/sha1"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// hashesOf is a file of the passwords' hashes in order, in upper case and with counts, as the well-known list is.
func hashesOf(plain ...string) string {
	var lines []string
	for i, p := range plain {
		lines = append(lines, fmt.Sprintf("%X:%d", sha1.Sum([]byte(p)), i*i*i+1))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func numbered(n int) (plain []string) {
	for i := range n {
		plain = append(plain, fmt.Sprintf("password %d", i))
	}
	return plain
}

func TestAHundredThousandHashesAreFoundInTheirFile(t *testing.T) {
	t.Parallel()
	plain := numbered(100_000)
	text := hashesOf(plain...) + "\n"
	l := listOf(t, text)
	if _, ok := l.in.(*sorted); !ok {
		t.Fatalf("the file was loaded into a %T", l.in)
	}
	for i := 0; i < len(plain); i += 100 {
		if found, err := l.Has(plain[i]); err != nil || !found {
			t.Fatalf("%s: %v, %v", plain[i], found, err)
		}
		if found, err := l.Has(plain[i] + "!"); err != nil || found {
			t.Fatalf("%s!: %v, %v", plain[i], found, err)
		}
	}
	all, err := newSorted(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plain {
		if found, err := all.has(sha1.Sum([]byte(p))); err != nil || !found {
			t.Fatalf("%s: %v, %v", p, found, err)
		}
		if found, err := all.has(sha1.Sum([]byte(p + "!"))); err != nil || found {
			t.Fatalf("%s!: %v, %v", p, found, err)
		}
	}
}

func TestFormsOfLists(t *testing.T) {
	t.Parallel()
	ordered := hashesOf("one", "two", "three", "four")
	reversed := strings.Split(ordered, "\n")
	slices.Reverse(reversed)
	bare := strings.NewReplacer(":1\n", "\n", ":2\n", "\n", ":9\n", "\n", ":28", "").Replace(ordered)
	for _, c := range []struct {
		name, text string
		stays      bool // in its file
	}{
		{"hashes with counts", ordered, true},
		{"lower case", strings.ToLower(ordered), true},
		{"line ends of Windows", strings.ReplaceAll(ordered, "\n", "\r\n") + "\r\n\r\n", true},
		{"bare hashes", bare, true},
		{"hashes by count", strings.Join(reversed, "\n"), false},
		{"plain passwords", "one\ntwo\nthree\nfour", false},
		{"plain passwords, Windows", "\ufeffone\r\ntwo\r\nthree\r\nfour\r\n", false},
		{"both, with empty lines", "one\n\ntwo\n" + hashesOf("three", "four") + "\n\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := listOf(t, c.text)
			if _, stays := l.in.(*sorted); stays != c.stays {
				t.Errorf("it is a %T", l.in)
			}
			for _, p := range []string{"one", "two", "three", "four"} {
				if found, err := l.Has(p); err != nil || !found {
					t.Errorf("%s: %v, %v", p, found, err)
				}
			}
			for _, p := range []string{"", "One", "one ", "five", hashesOf("one")} {
				if found, err := l.Has(p); err != nil || found {
					t.Errorf("%q: %v, %v", p, found, err)
				}
			}
		})
	}
}

func TestListsThatCannotBeUsedAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, path, want string }{
		{"missing", t.TempDir() + "/missing.txt", "no such file"},
		{"a folder", t.TempDir(), "is not a file"},
		{"empty", fileOf(t, "\n\n"), "it is empty"},
		{"NTLM", fileOf(t, "0000000000000000000000000000000A:3\n"), "line 1 is an NTLM hash"},
		{"no text", fileOf(t, "one\n"+strings.Repeat("\x00", 100_000)), "line 2 has more than 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := OpenList(c.path)
			if err == nil || l != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
				t.Errorf("got %v, %v", l, err)
			}
		})
	}
}

func TestAListInMemoryIsBounded(t *testing.T) {
	t.Parallel()
	if s, err := load(strings.NewReader("a\nb\nc\n"), 3); err != nil || len(s) != 3 {
		t.Errorf("three of three: %v, %v", s, err)
	}
	if _, err := load(strings.NewReader("a\nb\nc\nd\n"), 3); err == nil || !strings.Contains(err.Error(), "more than 3 lines") {
		t.Errorf("four of three: %v", err)
	}
}

func TestTheNilListIsEmpty(t *testing.T) {
	t.Parallel()
	var l *List
	if found, err := l.Has("password"); err != nil || found || l.Close() != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// A large file's order is judged by samples: a file that is not in order, or not of hashes, does not pass for one that is.
func TestSamplesTellOrder(t *testing.T) {
	t.Parallel()
	ordered := strings.Split(hashesOf(numbered(20_000)...), "\n")
	half := slices.Concat(ordered[10_000:], ordered[:10_000])
	mixed := slices.Clone(ordered)
	mixed[10_000] = strings.Repeat("a long line that is no hash ", 10_000)
	for _, c := range []struct {
		name  string
		lines []string
		want  bool
	}{{"in order", ordered, true}, {"halves changed", half, false}, {"no hash", mixed, false}, {"three lines", ordered[:3], true}} {
		text := strings.Join(c.lines, "\n")
		s, err := newSorted(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.ordered(0); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

// A search that meets hashes out of their order says so, and does not say that the password is not listed.
func TestAFileThatLostItsOrderIsAnError(t *testing.T) {
	t.Parallel()
	path := fileOf(t, hashesOf(numbered(100)...))
	l, err := OpenList(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lines := strings.Split(hashesOf(numbered(100)...), "\n")
	slices.Reverse(lines)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, p := range numbered(100) {
		if _, err := l.Has(p); err != nil {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no search failed")
	}
}

// Whatever is in a list, its file and its set in memory answer alike.
func TestFilesAndSetsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,3}`), 1, 40).Draw(t, "in")
		text := hashesOf(in...) + rapid.SampledFrom([]string{"", "\n", "\r\n", "\n\n"}).Draw(t, "end")
		s, err := newSorted(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := s.ordered(readWhole); err != nil || !ok {
			t.Fatalf("not in order: %v", err)
		}
		loaded, err := load(strings.NewReader(text), mostLines)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(in, rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "other"), "no letters: 1") {
			want := slices.Contains(in, p)
			inFile, err := s.has(sha1.Sum([]byte(p)))
			inSet, _ := loaded.has(sha1.Sum([]byte(p)))
			if err != nil || inFile != want || inSet != want {
				t.Fatalf("%q: in the file %v, in memory %v, want %v, %v", p, inFile, inSet, want, err)
			}
		}
	})
}
