package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
)

func read(t *testing.T, dir string) *app.Project {
	t.Helper()
	p, _, problems, err := app.Read(dir, nil, clock.System())
	if p == nil {
		t.Fatal(problems, err)
	}
	return p
}

// The same file, not one like it, is there after a change that concerns no type.
func TestTheTypesAreLeftAloneWhereNothingChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("socle.yaml", "name: app\n")
	put("collections/notes.yaml", "fields: { id: int }\npolicies: { read: true }\n")
	file := app.TypesFile{Path: filepath.Join(dir, "types.ts"), Role: app.Users}
	written := func() os.FileInfo {
		t.Helper()
		info, err := os.Stat(file.Path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	write := func(want bool) {
		t.Helper()
		if changed, err := file.Write(read(t, dir)); err != nil || changed != want {
			t.Fatal(changed, err)
		}
	}
	if err := file.Ready(); err != nil {
		t.Fatal(err)
	}
	write(true)
	first := written()
	put("collections/notes.yaml", "fields: { id: int }\npolicies: { read: \"row.id > 1\" }\n")
	write(false)
	if !os.SameFile(first, written()) {
		t.Error("the file was written again")
	}
	put("collections/notes.yaml", "fields: { id: int, text: text }\npolicies: { read: true }\n")
	write(true)
	if os.SameFile(first, written()) {
		t.Error("the file was changed in place, where a reader may find half of it")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".types-*")); len(left) > 0 {
		t.Error(left)
	}
}

func TestALinkToTheTypesStaysOne(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), read(t, "../../examples/team")
	link, target := filepath.Join(dir, "link.ts"), filepath.Join(dir, "real.ts")
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.ts", link); err != nil {
		t.Skip(err)
	}
	if _, err := (app.TypesFile{Path: link, Role: app.Users}).Write(p); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if text, err := os.ReadFile(target); err != nil || !strings.Contains(string(text), "export type Database") {
		t.Error(err)
	}
}
