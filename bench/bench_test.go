package main

import (
	"bufio"
	"path/filepath"
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
