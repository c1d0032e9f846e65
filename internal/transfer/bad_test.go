package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/transfer"
)

const tasks = `
-- projects.yaml --
fields: { id: int, name: { type: text, required: true, unique: true } }
policies: { read: true }
-- tasks.yaml --
fields:
  id: { type: int, identity: true }
  project_id: { ref: projects, required: true }
  parent_id: { ref: tasks }
  title: { type: text, required: true, max: 9, pattern: "^[a-z0-9 ]+$" }
  state: { enum: [open, done], default: open }
  points: int
  made_at: { type: timestamp, default: now, write: never }
  touched_at: { type: timestamp, default: now, on_update: now }
computed: { late: { type: bool, expr: "row.points > 3" } }
check: { positive: "row.points == null || row.points > 0" }
realtime: true
policies: { read: true }
`

const twoProjects = "id,name\n1,one\n2,two\n"

func TestEveryBadRowIsReportedByItsLineAndTheGoodOnesAreIn(t *testing.T) {
	each(t, tasks, func(t *testing.T, p *project) {
		p.load("projects", transfer.CSV, twoProjects)
		j := p.job("tasks", transfer.CSV)
		var s said
		j.SkipBad, j.Observe, j.Waiting = true, s.hear, nil
		res, err := j.Import(context.Background(), strings.NewReader(`id,project_id,title,state,points
1,1,fine,,
2,1,Bad and long,later,0
3,1,"two
lines",open,1
x,1,ok,open,y
4,1,ok
5,9,ok,open,1
1,1,again,open,1
6,1,o"k,open,1
7,,ok,open,1
8,2,ok,done,3
9,1,a "quoted" one,open,1
`))
		if err != nil || res.Stopped || res.Written != 2 || res.Bad != 9 {
			t.Errorf("%+v %v", res, err)
		}
		got := s.lines()
		for _, w := range []string{
			"3: title: above the maximum of 9\n", "3: title: does not fit the pattern ^[a-z0-9 ]+$\n", "3: state: not one of open, done\n",
			"3: the row breaks the check \"positive\"\n", "4: title: does not fit the pattern", "6: id: invalid input syntax for type bigint: \"x\"\n",
			"6: points: invalid input syntax for type bigint: \"y\"\n", "7: 3 cells, where the header has 5\n",
			"8: insert or update on table \"tasks\" violates foreign key constraint \"tasks_project_id_fkey\": Key (project_id)=(9) is not present in table \"projects\".\n",
			"9: duplicate key value violates unique constraint \"tasks_pkey\": Key (id)=(1) already exists.\n",
			"10: a quote within a cell that does not begin with one\n", "11: project_id: a value is required\n", "13: a quote within",
		} {
			if !strings.Contains("\n"+got, "\n"+w) {
				t.Errorf("no %q in\n%s", w, got)
			}
		}
		if got := p.export("tasks", transfer.CSV); !strings.Contains(got, "\n1,1,,fine,,,2026-03-01T12:00:00+00:00,") || strings.Count(got, "\n") != 3 {
			t.Error(got)
		}
	})
}

func TestABadRowEndsTheImportAndACorrectedFileGoesOnThere(t *testing.T) {
	each(t, tasks, func(t *testing.T, p *project) {
		p.load("projects", transfer.CSV, twoProjects)
		var b strings.Builder
		b.WriteString("project_id,title\n")
		for i := range 5000 {
			fmt.Fprintf(&b, "%d,t %d\n", i%2+1, i)
		}
		file := b.String()
		wrong := strings.Replace(file, "1,t 4500\n", "3,t 4500\n", 1)
		var s said
		j := p.job("tasks", transfer.CSV)
		j.Observe = s.hear
		res, err := j.Import(context.Background(), strings.NewReader(wrong))
		if err != nil || !res.Stopped || res.Written != 4500 || !strings.HasPrefix(s.lines(), "4502: insert or update") {
			t.Fatalf("%+v %v\n%s", res, err, s.lines())
		}
		for _, again := range []string{wrong, file, file} { // the same mistake, then none, then as if for the first time
			marks, err := transfer.Marks(context.Background(), p.store, j.Collection)
			if err != nil {
				t.Fatal(err)
			}
			m, found, err := transfer.Matching(strings.NewReader(again), marks)
			if err != nil || !found || m.Rows < 4500 {
				t.Fatalf("%+v %v %v", m, found, err)
			}
			j.From = m
			if res, err = j.Import(context.Background(), strings.NewReader(again)); err != nil || !res.Resumed {
				t.Fatal(err)
			}
		}
		if got := strings.Count(p.export("tasks", transfer.CSV), "\n"); got != 5001 || res.Rows != 5000 || res.Stopped {
			t.Errorf("%d lines, %+v", got, res)
		}
		if _, found, _ := transfer.Matching(strings.NewReader(twoProjects), []transfer.Mark{res.Mark}); found {
			t.Error("another file would go on there")
		}
	})
}

// stopping ends after some bytes, as a source does whose process was killed.
type stopping struct {
	r    io.Reader
	left int
}

var errKilled = errors.New("killed")

func (s *stopping) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, errKilled
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

func TestAnImportThatBreaksAnywhereGoesOnWithNothingTwice(t *testing.T) {
	each(t, tasks, func(t *testing.T, p *project) {
		p.load("projects", transfer.CSV, twoProjects)
		var b strings.Builder
		const rows = 9000
		for i := range rows {
			fmt.Fprintf(&b, "{\"project_id\":1,\"title\":\"t %d\"}\n", i) // without a key: a row that came twice would be there twice
		}
		file := b.String()
		for n := 1; ; n++ {
			j := p.job("tasks", transfer.NDJSON)
			marks, err := transfer.Marks(context.Background(), p.store, j.Collection)
			if err != nil {
				t.Fatal(err)
			}
			if j.From, _, err = transfer.Matching(strings.NewReader(file), marks); err != nil {
				t.Fatal(err)
			}
			_, err = j.Import(context.Background(), &stopping{strings.NewReader(file), n * len(file) / 4})
			if err == nil {
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		text := p.export("tasks", transfer.NDJSON)
		for i := range rows {
			if strings.Count(text, fmt.Sprintf("\"t %d\"", i)) != 1 {
				t.Fatalf("t %d is there %d times", i, strings.Count(text, fmt.Sprintf("\"t %d\"", i)))
			}
		}
	})
}

func TestColumnsThatAreNoneAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	each(t, tasks, func(t *testing.T, p *project) {
		for text, want := range map[string]string{
			"id,titel\n1,x\n":             `f.csv:1: tasks has no column "titel" (did you mean "title"?); it has id, project_id, parent_id, title, state, points, made_at, touched_at`,
			"id,late\n":                   `f.csv:1: column "late" is computed and holds no value of its own`,
			"id,id\n":                     `f.csv:1: column "id" is there twice`,
			"":                            "f.csv: the file is empty",
			"\xff,id\n":                   "f.csv:1: the row is not UTF-8",
			"{\"id\":1,\"idd\":2}\n":      `f.ndjson:1: tasks has no column "idd" (did you mean "id"?); it has`,
			strings.Repeat("x", 17<<20):   "f.csv:1: the row is longer than 16 MiB",
			"id,title\n1,\"a\n\n" + "2,b": "",
		} {
			f := transfer.CSV
			if strings.HasPrefix(text, "{") {
				f = transfer.NDJSON
			}
			var s said
			j := p.job("tasks", f)
			j.Observe = s.hear
			_, err := j.Import(context.Background(), strings.NewReader(text))
			var m *transfer.Mistake
			if want != "" && (!errors.As(err, &m) || !strings.HasPrefix(m.Error(), want)) {
				t.Errorf("%.40q: %v", text, err)
			}
			if want == "" && s.lines() != "2: a quoted cell has no end\n" {
				t.Errorf("%q %v", s.lines(), err)
			}
		}
		if got := p.export("tasks", transfer.NDJSON); got != "" {
			t.Error(got)
		}
	})
}

// A tree whose rows come before the rows they hang on, with every kind of row at once.
func TestReferencesToLaterRowsAreFilledInByASecondPass(t *testing.T) {
	each(t, tasks, func(t *testing.T, p *project) {
		p.load("projects", transfer.CSV, twoProjects)
		var b strings.Builder
		b.WriteString("id,project_id,parent_id,title,state,points,made_at,touched_at\n")
		const rows = 5000
		for i := 1; i <= rows; i++ {
			parent := ""
			if i < rows {
				parent = fmt.Sprint(i + 1)
			}
			fmt.Fprintf(&b, "%d,1,%s,t %d,open,,2020-01-01T00:00:00+00:00,2020-01-01T00:00:00+00:00\n", i, parent, i)
		}
		res := p.load("tasks", transfer.CSV, b.String())
		if !res.Wait {
			t.Errorf("no row waited: %+v", res)
		}
		if got := p.export("tasks", transfer.CSV); got != b.String() {
			t.Error(firstDifference(b.String(), got))
		}
		var s said
		j := p.job("tasks", transfer.CSV)
		j.SkipBad, j.Observe = true, s.hear
		text := "id,project_id,parent_id,title\n6001,1,7000,x\n6002,1,6001,y\n1,1,6001,again\n"
		res, err := j.Import(context.Background(), strings.NewReader(text))
		if err != nil || res.Bad != 1 {
			t.Fatalf("%+v %v", res, err)
		}
		second, ok := j.Second(res)
		if !ok {
			t.Fatalf("nothing waits: %+v", res)
		}
		if res, err = second.Import(context.Background(), strings.NewReader(text)); err != nil || res.Bad != 2 {
			t.Errorf("%+v %v", res, err)
		}
		if want := "4: duplicate key"; !strings.HasPrefix(s.lines(), want) || !strings.Contains(s.lines(), "\n2: the row is in, without the references that could wait") {
			t.Error(s.lines())
		}
		if got := p.export("tasks", transfer.CSV); !strings.Contains(got, "\n6001,1,,x,") || !strings.Contains(got, "\n6002,1,6001,y,") || !strings.Contains(got, "\n1,1,2,t 1,") {
			t.Error(got[len(got)-300:])
		}
	})
}

func TestGeneratedNumbersGoOnAfterTheGreatestThatWasImported(t *testing.T) {
	each(t, tasks, func(t *testing.T, p *project) {
		p.load("projects", transfer.CSV, twoProjects)
		p.load("tasks", transfer.CSV, "id,project_id,title\n41,1,a\n7,1,b\n")
		p.load("tasks", transfer.CSV, "project_id,title\n1,c\n")
		if got := p.export("tasks", transfer.CSV); !strings.Contains(got, "\n42,1,,c,open,") {
			t.Error(got)
		}
		err := p.store.Write(context.Background(), func(tx store.Tx) error { // the collection's changes are followed
			rows, err := tx.Query(context.Background(), `SELECT count(*) FROM "_socle_changes" WHERE "collection" = 'tasks' AND "old" IS NULL`)
			if err == nil && fmt.Sprint(rows) != "[[3]]" {
				t.Errorf("%v changes", rows)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestCollectionsComeAfterThoseTheyReferTo(t *testing.T) {
	t.Parallel()
	p := onSQLite(t, `
-- a.yaml --
fields: { id: int, b_id: { ref: b } }
-- b.yaml --
fields: { id: int, a_id: { ref: a, required: true }, c_id: { ref: c } }
-- c.yaml --
fields: { id: int, owner: { ref: auth.users } }
-- v.yaml --
view: { from: c, fields: { id: id } }
`)
	var keys []string
	for _, c := range transfer.Order(p.catalog) {
		keys = append(keys, c.Key)
	}
	if got := strings.Join(keys, " "); got != "auth.users a c b" {
		t.Error(got)
	}
	if _, err := transfer.Find(p.catalog, "v"); err == nil || !strings.Contains(err.Error(), "is a view") {
		t.Error(err)
	}
	if _, err := transfer.Find(p.catalog, "bb"); err == nil || err.Error() != `there is no collection "bb" (did you mean "b"?); there are auth.users, a, b, c` {
		t.Error(err)
	}
	var in = map[string]string{"a": "id,b_id\n1,1\n2,\n", "b": "id,a_id,c_id\n1,1,\n"}
	late := map[string]transfer.Result{}
	job := func(name string) transfer.Job {
		j := p.job(name, transfer.CSV)
		j.Waiting = transfer.Circular(p.collection(name))
		return j
	}
	for _, name := range []string{"a", "b"} {
		res, err := job(name).Import(context.Background(), strings.NewReader(in[name]))
		if err != nil || res.Stopped {
			t.Fatal(name, err)
		}
		late[name] = res
	}
	again, ok := job("a").Second(late["a"])
	if !ok {
		t.Fatal("nothing waits")
	}
	if _, err := again.Import(context.Background(), strings.NewReader(in["a"])); err != nil {
		t.Fatal(err)
	}
	if got := p.export("a", transfer.CSV); got != in["a"] {
		t.Error(got)
	}
}
