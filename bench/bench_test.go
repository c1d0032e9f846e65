package main

import (
	"bufio"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSkimReadsResponsesOfEitherFraming(t *testing.T) {
	t.Parallel()
	in := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" +
		"HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
		"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"))
	for _, want := range []struct {
		status int
		size   int64
	}{{200, 5}, {206, 5}, {404, 0}} {
		status, size, err := skim(in)
		if err != nil || status != want.status || size != want.size {
			t.Errorf("skim gave %d, %d, %v; want %d, %d", status, size, err, want.status, want.size)
		}
	}
}

func TestTheLimitHoldsTheSameRowsAsTheSeed(t *testing.T) {
	t.Parallel()
	r, err := readRows("../examples/team/seed")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "limit.db")
	if err := writeDatabase(name, r); err != nil {
		t.Fatal(err)
	}
	l, err := openLimit(name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.db.Close()
	user := r.Crew[0].UserID
	visible := r.visible(user)
	one, err := l.one(t.Context(), visible[0], user)
	if err != nil || !strings.Contains(string(one), visible[0]) {
		t.Errorf("by id: %s, %v", one, err)
	}
	if other, err := l.one(t.Context(), visible[0], "nobody"); err != nil || string(other) != "[]" {
		t.Errorf("by id for a stranger: %s, %v", other, err)
	}
	many, err := l.many(t.Context(), "done", user)
	if n := strings.Count(string(many), `"number"`); err != nil || n != 30 {
		t.Errorf("list: %d rows, %v", n, err)
	}
	embeds, err := l.embeds(t.Context(), "done", user)
	if n := strings.Count(string(embeds), `"body"`); err != nil || n < 30 {
		t.Errorf("embeds: %d comments, %v", n, err)
	}
}

func TestTheLimitKeepsWhatItAcknowledges(t *testing.T) {
	t.Parallel()
	r, err := readRows("../examples/team/seed")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "limit.db")
	if err := writeDatabase(name, r); err != nil {
		t.Fatal(err)
	}
	l, err := openLimit(name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.db.Close()
	u := r.user(r.Members[2].UserID, "")
	mine, foreign := note{TicketID: u.Tickets[0], Body: "mine"}, note{TicketID: r.Tickets[0].ID, Body: "not mine"}
	if slices.Contains(u.Tickets, foreign.TicketID) {
		t.Fatal("the first ticket is no foreign one")
	}
	for _, c := range []struct {
		list []note
		want error
	}{{[]note{mine}, nil}, {[]note{foreign}, errDenied}, {[]note{mine, mine, mine}, nil}, {[]note{mine, foreign}, errDenied}} {
		if err := l.writer.run(func() error { return l.writer.insert(u.ID, c.list) }); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.list, err, c.want)
		}
	}
	if err := l.writer.run(func() error { return met(1)(l.writer.edit.Exec(edited, instant(), u.Comments[0], u.ID)) }); err != nil {
		t.Error(err)
	}
	all, some, err := countComments(name, edited)
	if err != nil || all != int64(len(r.Comments))+4 || some != 1 {
		t.Errorf("%d comments, %d edits, %v; want %d and 1", all, some, err, len(r.Comments)+4)
	}
}
