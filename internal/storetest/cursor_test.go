package storetest

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

// cursorRounds is the number of generated orders that are paged through.
const cursorRounds = 60

// Going from position to position gives exactly the rows of the whole list, in its order, on every engine, whatever the order
// and its NULLs.
func TestPagesByPositionAreTheWholeList(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	b := NewBench(t, generated(t, "rich", seed, 30))
	b.Next = true
	for round := range cursorRounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		order := drawOrder(r, b)
		whole := ask(t, b, "/kinds?select=id&order="+order)
		paged := pages(t, b, order, 1+r.IntN(9))
		if paged != rowsOf(whole) {
			t.Errorf("order %s:\npages %s\nwhole %s", order, paged, rowsOf(whole))
		}
	}
}

// A position at a JSON null, which is a value and not NULL, goes on after it.
func TestAPositionAtAJSONNullGoesOn(t *testing.T) {
	t.Parallel()
	w := generated(t, "rich", 1, 5)
	kinds, _ := w.Catalog.Collection("public", "kinds")
	j, _ := kinds.Field("j")
	for i, text := range []string{`{"a":null}`, `{"a":1}`, `{}`, `{"a":"x"}`, `{"a":null}`} {
		w.Data[kinds][i][j.Ordinal] = value.OfJSON(text)
	}
	b := NewBench(t, w)
	b.Next = true
	for _, order := range []string{"j->a", "j->a.desc", "j->a.nullsfirst", "j->a.desc.nullslast"} {
		for size := 1; size < 4; size++ {
			if got, want := pages(t, b, order, size), rowsOf(ask(t, b, "/kinds?select=id&order="+order)); got != want {
				t.Errorf("order %s:\npages %s\nwhole %s", order, got, want)
			}
		}
	}
}

func drawOrder(r *rand.Rand, b *Bench) string {
	kinds, _ := b.Catalog.Collection("public", "kinds")
	var terms []string
	for range 1 + r.IntN(3) {
		terms = append(terms, pick(r, kinds.Fields).Name+pick(r, []string{"", ".desc"})+pick(r, []string{"", ".nullsfirst", ".nullslast"}))
	}
	return strings.Join(terms, ",")
}

func ask(t *testing.T, b *Bench, target string) string {
	t.Helper()
	q, err := ParseQuestion("GET " + target + "\n")
	if err != nil {
		t.Fatal(err)
	}
	text := agreed(t, b.Answers(policy.Actor{}, q))
	if !strings.HasPrefix(text, "200") || t.Failed() {
		t.Fatalf("%s: %s", target, text)
	}
	return text
}

// pages follows positions until a page is empty.
func pages(t *testing.T, b *Bench, order string, size int) string {
	t.Helper()
	target, after, all := fmt.Sprintf("/kinds?select=id&order=%s&limit=%d", order, size), "", ""
	for range 2 * generatedRows {
		text := ask(t, b, target+after)
		rows := rowsOf(text)
		if rows == "" {
			return all
		}
		if all != "" {
			all += ","
		}
		all += rows
		head, _, _ := strings.Cut(text, "\n")
		_, next, ok := strings.Cut(head, " next ")
		if !ok {
			t.Fatalf("no position after %s", rows)
		}
		after = "&after=" + url.QueryEscape(next)
	}
	t.Fatalf("order %s: the pages do not end", order)
	return ""
}

// rowsOf is what stands between the brackets of an answer.
func rowsOf(answer string) string {
	_, body, _ := strings.Cut(answer, "\n")
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(body), "["), "]")
}
