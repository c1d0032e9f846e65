package rest_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// envelope seals by writing in hex behind a word: enough to tell its own tokens from others.
type envelope struct{}

func (envelope) Seal(p []byte) string { return "sealed" + hex.EncodeToString(p) }

func (envelope) Open(s string) ([]byte, error) {
	text, ok := strings.CutPrefix(s, "sealed")
	if !ok {
		return nil, errors.New("not sealed")
	}
	return hex.DecodeString(text)
}

func withCursor(target string, headers ...string) rest.Input {
	in := get(target, headers...)
	in.Cursor = envelope{}
	return in
}

func lastRow(t *testing.T) []value.Value {
	t.Helper()
	estimate, err := value.Parse(value.Type{Kind: value.Decimal, Precision: 8, Scale: 2}, "1.50")
	if err != nil {
		t.Fatal(err)
	}
	return []value.Value{estimate, {}, value.OfInt(7)}
}

const paged = "/tickets?select=id&title=like.a*&order=estimate.desc,due.nullsfirst&limit=5"

func TestAPositionContinuesWhereTheRowStood(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	token := parse(t, v, withCursor(paged)).Next(envelope{}, lastRow(t))
	for _, target := range []string{paged, strings.Replace(paged, "limit=5", "limit=9", 1)} {
		q := parse(t, v, withCursor(target+"&after="+token)).Request.Query
		if want := "$1:decimal(8,2) null $3:int"; clause(q, "after") != want {
			t.Errorf("after %s, want %s", clause(q, "after"), want)
		}
	}
	r := parse(t, v, withCursor(paged+"&after="+token))
	if got, want := args(r.Request.Args), "a% | 1.50 |  | 7 | 5"; got != want {
		t.Errorf("args %s, want %s", got, want)
	}
	if again := r.Next(envelope{}, lastRow(t)); again != token {
		t.Error("the same row has another position on the next page")
	}
}

func TestAPositionBelongsToItsOrderAndFilter(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	token := parse(t, v, withCursor(paged)).Next(envelope{}, lastRow(t))
	for name, in := range map[string]rest.Input{
		"another filter value": withCursor(strings.Replace(paged, "like.a*", "like.b*", 1) + "&after=" + token),
		"another filter":       withCursor(paged + "&points=eq.1&after=" + token),
		"another order":        withCursor(strings.Replace(paged, "estimate.desc", "estimate.asc", 1) + "&after=" + token),
		"an offset":            withCursor(paged + "&offset=1&after=" + token),
		"a Range header":       withCursor(paged+"&after="+token, "Range", "0-3"),
		"a cut token":          withCursor(paged + "&after=" + token[:len(token)-2]),
		"a forged token":       withCursor(paged + "&after=x" + token),
		"an empty token":       withCursor(paged + "&after="),
	} {
		if f := refusal(t, v, rest.Limits{}, in); f.Code != "PGRST100" || !strings.HasPrefix(f.Message, "failed to use after: ") {
			t.Errorf("%s: %s %s", name, f.Code, f.Message)
		}
	}
}

func TestGroupsAndKeylessRowsHaveNoPosition(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, target := range []string{"/notes", "/tickets?select=points,count()"} {
		r := parse(t, v, withCursor(target))
		if token := r.Next(envelope{}, make([]value.Value, len(r.Request.Query.Order))); token != "" {
			t.Errorf("%s gave the position %s\n%s", target, token, ir.Print(r.Request.Query))
		}
	}
}
