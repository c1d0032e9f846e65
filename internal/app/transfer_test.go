package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/transfer"
)

// many is a project whose rows get their keys from the database: one that came twice would be there twice.
var many = map[string]string{
	"socle.yaml":            "name: app\n",
	"collections/bags.yaml": "fields: { id: { type: int, identity: true }, text: { type: text, required: true } }\npolicies: { read: true }\n",
	"collections/tags.yaml": "fields: { id: int, up: { ref: tags } }\npolicies: { read: true }\n",
}

const manyRows = 20_000

func manyLines() string {
	var b strings.Builder
	for i := range manyRows {
		fmt.Fprintf(&b, "{\"text\":\"bag %d\"}\n", i)
	}
	return b.String()
}

// everywhere runs a test without a server, beside one, and with the data in PostgreSQL.
func everywhere(t *testing.T, test func(t *testing.T, o app.Options)) {
	t.Parallel()
	for _, beside := range []bool{false, true} {
		t.Run(map[bool]string{false: "alone", true: "beside a server"}[beside], func(t *testing.T) {
			t.Parallel()
			r, dir := open(t, many)
			o := options(dir)
			if !beside {
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
			} else {
				ctx, stop := context.WithCancel(context.Background())
				t.Cleanup(stop)
				r.Control(ctx)
			}
			test(t, o)
		})
	}
	t.Run("in PostgreSQL", func(t *testing.T) {
		t.Parallel()
		o := nodeOptions(t, many, "", testkit.PostgresURL(t), nil)
		if err := join(t, o).Close(); err != nil {
			t.Fatal(err)
		}
		test(t, o)
	})
}

func enter(t *testing.T, o app.Options) *app.Transfer {
	t.Helper()
	x, err := app.OpenTransfer(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func exported(t *testing.T, o app.Options, collection string) string {
	t.Helper()
	x := enter(t, o)
	defer x.Close()
	var b strings.Builder
	if err := x.ExportTo(context.Background(), app.Dump{Collections: []string{collection}, Format: transfer.NDJSON}, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnImportThatIsBrokenOffGoesOnWithNothingTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, o app.Options) {
		write(t, o.Dir, map[string]string{"bags.ndjson": manyLines()})
		s, err := app.FileSource("bags", filepath.Join(o.Dir, "bags.ndjson"), transfer.NDJSON)
		if err != nil {
			t.Fatal(err)
		}
		broken := 0
		for round := 1; ; round++ {
			x := enter(t, o)
			ctx, stop := context.WithCancel(context.Background())
			heard := 0
			_, err := x.Import(ctx, []app.Source{s}, app.Load{}, false, func(app.Source, transfer.Event) {
				if heard++; heard == round+1 {
					stop()
				}
			})
			stop()
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			if err == nil {
				break
			}
			if broken++; ctx.Err() == nil || broken > 20 {
				t.Fatal(err)
			}
		}
		text := exported(t, o, "bags")
		for i := range manyRows {
			if n := strings.Count(text, fmt.Sprintf("\"bag %d\"", i)); n != 1 {
				t.Fatalf("bag %d is there %d times", i, n)
			}
		}
		if broken == 0 {
			t.Error("nothing was broken off")
		}
	})
}

func TestAnImportThatCameToItsEndUnheardIsNotDoneAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, o app.Options) {
		x := enter(t, o)
		defer x.Close()
		rows := "{\"text\":\"one\"}\n{\"text\":\"two\"}"
		bring := func() (app.Imported, error) {
			s := app.Source{Collection: "bags", Path: "bags", Format: transfer.NDJSON, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(rows)), nil }}
			done, err := x.Import(context.Background(), []app.Source{s}, app.Load{}, false, func(app.Source, transfer.Event) {})
			return done[0], err
		}
		for round, want := range [][2]int64{{0, 2}, {2, 0}} {
			if one, err := bring(); err != nil || one.Known != want[0] || one.Written != want[1] {
				t.Fatal(round, one, err)
			}
		}
		rows += " "
		if one, err := bring(); err == nil || !strings.Contains(err.Error(), "has become longer") {
			t.Fatal(one, err)
		}
		rows = strings.TrimSpace(rows) + "\n{\"text\":\"three\"}\n"
		one, err := bring()
		if err != nil || one.Known != 2 || one.Written != 1 {
			t.Fatal(one, err)
		}
		if err := x.Forget(context.Background(), []app.Imported{one}); err != nil {
			t.Fatal(err)
		}
		if one, err := bring(); err != nil || one.Known != 0 || one.Written != 3 {
			t.Fatal(one, err)
		}
	})
}

func TestAFolderIsImportedWithWhatWaitsAndOnlyOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, o app.Options) {
		var tags strings.Builder
		tags.WriteString("id,up\n")
		for i := range 3000 {
			fmt.Fprintf(&tags, "%d,%d\n", i, (i+1)%3000)
		}
		write(t, o.Dir, map[string]string{"in/bags.ndjson": "{\"text\":\"one\"}\n", "in/tags.csv": tags.String() + "x,1\n"})
		x := enter(t, o)
		defer x.Close()
		sources, err := app.FolderSources(x.Catalog, filepath.Join(o.Dir, "in"))
		if err != nil || len(sources) != 2 {
			t.Fatal(sources, err)
		}
		hear := func(app.Source, transfer.Event) {}
		done, err := x.Import(context.Background(), sources, app.Load{}, false, hear)
		if err != nil || len(done) != 2 || !done[1].Stopped {
			t.Fatal(done, err)
		}
		write(t, o.Dir, map[string]string{"in/tags.csv": tags.String() + "3000,1\n"})
		if done, err = x.Import(context.Background(), sources, app.Load{}, false, hear); err != nil || done[1].Stopped || done[1].Second == 0 {
			t.Fatal(done, err)
		}
		var b strings.Builder
		for _, c := range []string{"bags", "tags"} {
			if err := x.ExportTo(context.Background(), app.Dump{Collections: []string{c}, Format: transfer.CSV}, &b); err != nil {
				t.Fatal(err)
			}
		}
		if b.String() != "id,text\n1,one\n"+tags.String()+"3000,1\n" {
			t.Errorf("%.200s… %d bytes", b.String(), b.Len())
		}
	})
}

func TestAnExportThatIsBrokenOffLeavesNoFile(t *testing.T) {
	everywhere(t, func(t *testing.T, o app.Options) {
		x := enter(t, o)
		defer x.Close()
		lines := manyLines()
		s := app.Source{Collection: "bags", Path: "bags", Format: transfer.NDJSON, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(lines)), nil }}
		if _, err := x.Import(context.Background(), []app.Source{s}, app.Load{}, false, func(app.Source, transfer.Event) {}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		out, asked := filepath.Join(o.Dir, "out"), 0
		if err := os.Mkdir(out, 0o755); err != nil {
			t.Fatal(err)
		}
		d := app.Dump{Collections: []string{"tags", "bags"}, Format: transfer.CSV}
		name := func(c string) string {
			if asked++; asked == 4 { // the second file is begun
				stop()
			}
			return app.FileName(out, c, d.Format)
		}
		if err := x.ExportFiles(ctx, d, name, false); err == nil {
			t.Error("it was whole")
		}
		if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
			t.Error(left, err)
		}
		if err := x.ExportFiles(context.Background(), d, func(c string) string { return app.FileName(out, c, d.Format) }, false); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(filepath.Join(out, "bags.csv")); err != nil || strings.Count(string(text), "\n") != manyRows+1 {
			t.Error(len(text), err)
		}
	})
}

func TestARehearsalKeepsNothingAndLeavesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, o app.Options) {
		write(t, o.Dir, map[string]string{"bags.csv": "id,text\n1,one\n2,\n1,again\n"})
		x, err := app.OpenRehearsal(context.Background(), o)
		if _, postgres := o.Env("SOCLE_DATABASE"); postgres {
			if !errors.Is(err, app.ErrNoRehearsal) {
				t.Error(err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := app.FileSource("bags", filepath.Join(o.Dir, "bags.csv"), transfer.CSV)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		done, err := x.Import(context.Background(), []app.Source{s}, app.Load{SkipBad: true}, false, func(_ app.Source, e transfer.Event) {
			if e.Bad != nil {
				said = append(said, fmt.Sprint(e.Bad.Line, e.Bad.Reasons))
			}
		})
		if err != nil || done[0].Written != 1 || done[0].Refused != "" || len(said) != 2 || !strings.HasPrefix(said[1], "4 [duplicate key") {
			t.Error(done, said, err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		if got := exported(t, o, "bags"); got != "" {
			t.Error(got)
		}
		if left, _ := filepath.Glob(filepath.Join(o.Data, "*rehears*")); len(left) > 0 {
			t.Error(left)
		}
	})
}
