package archtest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

var quoted = regexp.MustCompile("`([^`]+)`")

var forTests = regexp.MustCompile(`(for tests|as tests|tests only)\.?$`)

// room is a package's place in the table of the house.
type room struct {
	Order int
	Owns  string
	Tests bool // its description ends in "for tests", "as tests" or "tests only": may import anything, nothing that ships imports it
}

// house reads the table under "## The house": rows `| `pkg`, `pkg` | owns |` in order, top to bottom and left to right.
func house(t *testing.T) map[string]room {
	t.Helper()
	_, text, ok := strings.Cut(architecture(t), "\n## The house")
	if !ok {
		t.Fatal(`ARCHITECTURE.md has no heading "## The house"`)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	rooms := map[string]room{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		owns := strings.TrimSpace(strings.Join(cells[2:len(cells)-1], "|"))
		for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
			if _, twice := rooms[name[1]]; twice {
				t.Errorf("ARCHITECTURE.md lists %s twice", name[1])
			}
			rooms[name[1]] = room{len(rooms), owns, forTests.MatchString(owns)}
		}
	}
	return rooms
}

// hallway are directories outside the table that may import what they like.
func hallway(pkg string) bool { return !strings.HasPrefix(pkg, "internal/") }

// Imports go down the table only. A package that wants something from below its own row is either in the wrong row or
// asks for a responsibility that belongs to somebody else: see the "owns" column of both.
func TestImportsGoDownTheTableOnly(t *testing.T) {
	t.Parallel()
	rooms := house(t)
	for _, s := range sources(t) {
		if s.Test || hallway(s.Package) {
			continue
		}
		own, ok := rooms[s.house()]
		if !ok {
			t.Errorf("%s: package %s is not in the table under \"## The house\" of ARCHITECTURE.md", s.Path, s.house())
			continue
		}
		for imported, node := range s.imports() {
			name, inside := strings.CutPrefix(imported, module+"/internal/")
			if !inside || own.Tests {
				continue
			}
			judgeImport(t, rooms, s.at(node), s.house(), name)
		}
	}
}

func judgeImport(t *testing.T, rooms map[string]room, at, from, to string) {
	t.Helper()
	own, other := rooms[from], rooms[to]
	_, listed := rooms[to]
	switch {
	case !listed:
		t.Errorf("%s: %s imports %s, which is not in the table of the house", at, from, to)
	case other.Tests:
		t.Errorf("%s: %s imports %s, which is for tests only", at, from, to)
	case other.Order >= own.Order:
		t.Errorf("%s: %s (owns: %s) imports %s (owns: %s), which stands below it; imports go to rows above only",
			at, from, own.Owns, to, other.Owns)
	}
}

// reasons are imports the table's order would allow and the design does not.
var reasons = []struct{ from, to, why string }{
	{"front/", "sqlgen", "a front resolves names against a View and never sees SQL"},
	{"front/", "store", "a front never touches the database"},
	{"front/", "policy", "a front receives a View, already chosen for the actor"},
	{"front/", "engine", "a front only parses"},
	{"sqlgen", "policy", "rendering takes a Plan, which only Build can make from a Bound"},
	{"eval", "sqlgen", "the judge in memory must not share the SQL it judges"},
	{"httpapi", "store", "transport goes through engine"},
	{"httpapi", "sqlgen", "transport goes through engine"},
	{"auth", "httpapi", "services know nothing of HTTP routes"},
}

// A few imports are forbidden whatever the order, because a promise hangs on their absence.
func TestForbiddenImportsHaveReasons(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for imported, node := range s.imports() {
			name, inside := strings.CutPrefix(imported, module+"/internal/")
			if s.Test || !inside {
				continue
			}
			for _, r := range reasons {
				if within(s.house(), r.from) && within(name, r.to) {
					t.Errorf("%s: %s must not import %s: %s", s.at(node), s.house(), name, r.why)
				}
			}
		}
	}
}

// within reports whether pkg is rule or below it; a rule ending in "/" means below only.
func within(pkg, rule string) bool {
	return pkg == rule || strings.HasPrefix(pkg, strings.TrimSuffix(rule, "/")+"/")
}
