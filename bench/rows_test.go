package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestKeysAreTimeOrderedUUIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, kind := range []table{members, teams, articles, comments, notes, tickets} {
		last := ""
		for i := range 2000 {
			k := key(kind, i)
			if id, err := uuid.Parse(k); err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 || id.String() != k {
				t.Fatalf("%s: %v", k, err)
			}
			if seen[k] || k <= last {
				t.Fatalf("key %d, %s, is not new and greater than %s", i, k, last)
			}
			seen[k], last = true, k
		}
	}
}

func TestEveryoneIsAskedForWhatTheyMayHave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sizes{tickets: rapid.IntRange(projects, 5000).Draw(t, "tickets"), comments: rapid.IntRange(people, 5000).Draw(t, "comments"), articles: 500}
		u := user{member: rapid.IntRange(0, askers-1).Draw(t, "member")}
		u.ID = key(members, u.member)
		i := rapid.IntRange(0, variety).Draw(t, "i")
		id := s.inTeam(u, tickets, s.tickets, i)
		row := slices.IndexFunc(numbers(s.tickets), func(n int) bool { return key(tickets, n) == id })
		if row < 0 || !belongsTo(u.member, row%projects) {
			t.Fatalf("ticket %d is not in a project of member %d", row, u.member)
		}
		said := s.comment(u, i)
		at := slices.IndexFunc(numbers(s.comments), func(n int) bool { return key(comments, n) == said })
		if at < 0 || s.remarkOf(at).author != u.ID {
			t.Fatalf("comment %d is not by member %d", at, u.member)
		}
	})
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestWordsAreDifferent(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for n := range vocabulary {
		if other, ok := seen[word(n)]; ok {
			t.Fatalf("words %d and %d are both %q", other, n, word(n))
		}
		seen[word(n)] = n
	}
}

func TestRowsAreWrittenAsLinesOfJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := few.write(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"members": people, "projects": projects, "project_members": people * projects / 3,
		"articles": few.articles, "notes": few.notes, "tickets": few.tickets, "comments": few.comments} {
		text, err := os.ReadFile(filepath.Join(dir, name+".ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		if len(lines) != want {
			t.Errorf("%s: %d rows, want %d", name, len(lines), want)
		}
		for _, line := range lines {
			if !json.Valid(line) {
				t.Fatalf("%s: %s", name, line)
			}
		}
	}
}
