package postgres_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

const articles = `
-- articles.yaml --
fields:
  id: int
  title: text
  body: text
search: [title, body]
policies: { read: true }
`

var vocabulary = strings.Fields("cat dog Cats running run été ete 1 x2 日本 the")

func prose(m *rand.Rand) value.Value {
	if m.IntN(5) == 0 {
		return value.Value{}
	}
	var words []string
	for range m.IntN(6) {
		words = append(words, vocabulary[m.IntN(len(vocabulary))])
	}
	return value.OfText(strings.Join(words, " "))
}

// matching is the rows that lexeme.Match finds.
func matching(t *testing.T, rows []plan.Tuple, places []int, q string, mode lexeme.Mode, config string) []plan.Tuple {
	t.Helper()
	query, err := lexeme.ParseQuery(mode, config, q)
	if err != nil {
		t.Fatal(err)
	}
	var out []plan.Tuple
	for _, r := range rows {
		var fields [][]lexeme.Token
		for _, p := range places {
			if !r[p].IsNull() {
				fields = append(fields, lexeme.Tokenise(config, r[p].Str()))
			}
		}
		if len(fields) > 0 && lexeme.Match(query, fields) {
			out = append(out, plan.Tuple{r[0]})
		}
	}
	return out
}

var queries = []struct {
	mode ir.SearchMode
	text string
}{
	{ir.FTS, "cat"}, {ir.FTS, "ca:*"}, {ir.FTS, "cat & dog"}, {ir.FTS, "cat | dog"}, {ir.FTS, "!cat"}, {ir.FTS, "cat & !dog"}, {ir.FTS, "cat | !dog"},
	{ir.FTS, "cat <-> dog"}, {ir.FTS, "!(cat & dog) & run"}, {ir.FTS, "(cat | run) & !(dog <-> cat)"}, {ir.PLFTS, "cat dog"}, {ir.PLFTS, ""}, {ir.PLFTS, "ÉTÉ"},
	{ir.PHFTS, "running cat"}, {ir.PHFTS, "日本"}, {ir.WFTS, `"cat dog" -run`}, {ir.WFTS, "cat or dog -ete"}, {ir.WFTS, "-cat"}, {ir.WFTS, "-cat -dog"},
}

func TestSearchFindsWhatTheTokensSayOnBothEngines(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, articles)
	c := schematest.Collection(t, catalog, "articles")
	m := rand.New(rand.NewPCG(7, 7))
	var rows []plan.Tuple
	for i := range 300 {
		rows = append(rows, plan.Tuple{value.OfInt(int64(i)), prose(m), prose(m)})
	}
	stored := data{}
	for _, r := range rows {
		stored[c] = append(stored[c], r)
	}
	e := open(t, catalog, stored)
	row := &ir.Row{Collection: c, Label: "article"}
	id := &ir.Column{Row: row, Field: c.Fields[0]}
	modes := []lexeme.Mode{ir.FTS: lexeme.FTS, ir.PLFTS: lexeme.PlFTS, ir.PHFTS: lexeme.PhFTS, ir.WFTS: lexeme.WFTS}
	for _, places := range [][]int{{1}, {2}, {1, 2}} {
		var fields []*schema.Field
		for _, p := range places {
			fields = append(fields, c.Fields[p])
		}
		for _, q := range queries {
			test := ir.Expr(&ir.Search{Row: row, Fields: fields, Mode: q.mode, Config: c.Search.Config, Query: &ir.Param{T: value.Type{Kind: value.Text}}})
			found := matching(t, rows, places, q.text, modes[q.mode], c.Search.Config)
			for _, negated := range []bool{false, true} {
				sel := &plan.Select{From: plan.Source{Row: row}, Columns: []ir.Expr{id}, Where: test, Order: []ir.Order{{X: id}}}
				want := found
				if negated {
					sel.Where, want = &ir.Not{X: test}, without(rows, found)
				}
				for name, s := range e.stores {
					stmt, got, err := run(s, sel, &ir.Env{Args: []value.Value{value.OfText(q.text)}}, nil)
					if err != nil {
						t.Fatalf("%s %q: %v: %v\n%s", name, q.text, err, cause(err), stmt.Text)
					}
					if diff := difference(stmt.Types, want, got); diff != "" {
						t.Errorf("%s %v %q negated %v: %s\n%s", name, places, q.text, negated, diff, stmt.Text)
					}
				}
			}
		}
	}
}

func TestRowsAreJudgedByTheIndexesAloneWhereTheySayAll(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, articles)
	c := schematest.Collection(t, catalog, "articles")
	m := rand.New(rand.NewPCG(8, 8))
	stored := data{}
	for i := range 300 {
		stored[c] = append(stored[c], plan.Tuple{value.OfInt(int64(i)), prose(m), prose(m)})
	}
	s := open(t, catalog, stored).stores["postgres"]
	row := &ir.Row{Collection: c, Label: "article"}
	stmt, err := sqlgen.Render(s.Dialect(), &plan.Select{From: plan.Source{Row: row}, Columns: []ir.Expr{&ir.Column{Row: row, Field: c.Fields[0]}},
		Where: &ir.Search{Row: row, Fields: c.Search.Fields, Mode: ir.FTS, Config: c.Search.Config, Query: &ir.Param{T: value.Type{Kind: value.Text}}}})
	if err != nil {
		t.Fatal(err)
	}
	for text, alone := range map[string]bool{"cat": true, "ca:*": true, "cat | dog": true, "cat <-> dog": true, "cat & dog": false, "cat & !dog": false} {
		args, err := stmt.Bind(&ir.Env{Args: []value.Value{value.OfText(text)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := explained(t, s, "EXPLAIN ANALYZE "+stmt.Text, args)
		if judged := strings.Contains(got, "SubPlan") && !strings.Contains(got, "never executed"); judged == alone {
			t.Errorf("%s: by the indexes alone: want %v\n%s", text, alone, got)
		}
	}
}

func without(rows, found []plan.Tuple) []plan.Tuple {
	has := map[int64]bool{}
	for _, f := range found {
		has[f[0].Int()] = true
	}
	var out []plan.Tuple
	for _, r := range rows {
		if !has[r[0].Int()] {
			out = append(out, plan.Tuple{r[0]})
		}
	}
	return out
}
