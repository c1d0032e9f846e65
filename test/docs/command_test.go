package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var (
	// commandLine is a command in `socle --help`, flagLine a flag in the help of a command.
	commandLine = regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)?)(?: .*)?$`)
	flagLine    = regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z-]+)`)
)

// A command or a flag that docs/commands.md does not name is one that nobody finds.
func TestCommandsAndFlagsAreDocumented(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(root + "/docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	common, sections := cut(string(raw))
	_, list, _ := strings.Cut(help(t), "Commands:")
	known := map[string]bool{}
	for _, m := range commandLine.FindAllStringSubmatch(list, -1) {
		words := strings.Fields(m[1])
		known[words[0]] = true
		text, ok := sections[words[0]]
		if !ok {
			t.Errorf("docs/commands.md has no section `socle %s`", words[0])
			continue
		}
		for _, f := range flagLine.FindAllStringSubmatch(help(t, words...), -1) {
			if !names(text, f[1]) && !names(common, f[1]) {
				t.Errorf("docs/commands.md: the section of `socle %s` does not name its flag %s", m[1], f[1])
			}
		}
	}
	for name := range sections {
		if !known[name] {
			t.Errorf("docs/commands.md: there is no command `socle %s`", name)
		}
	}
	if len(known) < 15 {
		t.Fatalf("only %d commands were found in the help", len(known))
	}
}

// cut gives the text before the first command's section, and each command's section.
func cut(text string) (common string, sections map[string]string) {
	sections = map[string]string{}
	parts := strings.Split(text, "\n## ")
	for _, part := range parts {
		title, _, _ := strings.Cut(part, "\n")
		if !strings.HasPrefix(title, "`socle ") {
			common += part
			continue
		}
		for _, name := range strings.Split(title, ", ") {
			sections[strings.TrimPrefix(strings.Trim(name, "`"), "socle ")] = part
		}
	}
	return common, sections
}

// names reports whether a text has a flag, and not only one that begins like it.
func names(text, flag string) bool {
	return regexp.MustCompile(regexp.QuoteMeta(flag) + `($|[^a-z-])`).MatchString(text)
}

func help(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.Command("socle", append(command, "--help")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
