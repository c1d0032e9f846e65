package main

import (
	"errors"

	"path/filepath"
	"testing"
)

// few is enough for every list to be full.
var few = sizes{articles: 1200, comments: 600, notes: 1200, tickets: 1200}

// smallLimit is the limit over few rows.
func smallLimit(t *testing.T) (*limit, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "limit.db")
	if err := few.writeDatabase(name); err != nil {
		t.Fatal(err)
	}
	l, err := openLimit(name)
	if err != nil {
		t.Fatal(err)
	}
	return l, name
}

func TestTheLimitShowsTicketsToMembersAlone(t *testing.T) {
	t.Parallel()
	l, _ := smallLimit(t)
	u := user{member: 2, ID: key(members, 2)}
	for i := range 50 {
		id := few.inTeam(u, tickets, few.tickets, i)
		if rows, err := l.one(t.Context(), teamOne, id, u.ID); err != nil || len(rows) != 1 {
			t.Fatalf("ticket %d for a member: %v, %v", i, rows, err)
		}
		if rows, err := l.one(t.Context(), teamOne, id, key(members, 3)); err != nil || len(rows) != 0 {
			t.Fatalf("ticket %d for another: %v, %v", i, rows, err)
		}
	}
}

func TestTheLimitKeepsWhatItAcknowledges(t *testing.T) {
	t.Parallel()
	l, name := smallLimit(t)
	u := user{member: 2, ID: key(members, 2)}
	mine := note{ArticleID: few.inTeam(u, articles, few.articles, 0), Body: "mine"}
	foreign := note{ArticleID: few.inTeam(user{member: 3}, articles, few.articles, 0), Body: "not mine"}
	for _, c := range []struct {
		list []note
		want error
	}{{[]note{mine}, nil}, {[]note{foreign}, errDenied}, {[]note{mine, mine, mine}, nil}, {[]note{mine, foreign}, errDenied}} {
		if err := l.writer.insert(t.Context(), u.ID, c.list); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.list, err, c.want)
		}
	}
	if err := l.writer.edit(t.Context(), u.ID, few.comment(u, 3), edited); err != nil {
		t.Error(err)
	}
	if err := l.writer.edit(t.Context(), u.ID, few.comment(user{member: 3}, 3), edited); !errors.Is(err, errDenied) {
		t.Errorf("another's comment: %v", err)
	}
	if n, err := countComments(name); err != nil || n != int64(few.comments)+4 {
		t.Errorf("%d comments, %v; want %d", n, err, few.comments+4)
	}
}
