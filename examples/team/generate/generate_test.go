package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const seed = "../seed"

// The committed seed is what the generator writes, byte for byte, so that nobody edits it by hand.
func TestTheGeneratorReproducesTheCommittedSeed(t *testing.T) {
	t.Parallel()
	for name, rows := range live().files() {
		want, err := os.ReadFile(filepath.Join(seed, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := lines(rows)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the generator's; run `go run ./examples/team/generate`", name)
		}
	}
}

func TestTheSeedIsLargeEnoughToBeReal(t *testing.T) {
	t.Parallel()
	w := live()
	if len(w.tickets) < 2000 || len(w.comments) < 10000 || len(w.members) < 20 || len(w.projects) < 12 {
		t.Errorf("tickets %d, comments %d, members %d, projects %d", len(w.tickets), len(w.comments), len(w.members), len(w.projects))
	}
}

func TestTicketsReadLikeLife(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	w := live()
	for _, row := range w.tickets {
		k := row.(ticket)
		titles[k.Title] = true
		if text := k.Title + k.Body; strings.ContainsAny(text, "{}") || k.Body == "" || len([]rune(k.Title)) > 200 {
			t.Errorf("%s-%d: %q %q", k.ProjectID, k.Number, k.Title, k.Body)
		}
		if k.UpdatedAt < k.CreatedAt || k.ClosedAt != "" && k.Status != "done" || k.Due != "" && k.Due < k.CreatedAt[:10] {
			t.Errorf("the life of %q is out of order: %+v", k.Title, k)
		}
	}
	if len(titles) < len(w.tickets)*85/100 {
		t.Errorf("only %d different titles among %d", len(titles), len(w.tickets))
	}
}

func TestPeopleWriteInTheirWorkingHours(t *testing.T) {
	t.Parallel()
	w := live()
	for _, row := range w.comments {
		c := row.(comment)
		at, err := time.Parse(time.RFC3339, c.CreatedAt)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range w.people {
			if p.id == c.AuthorID && !p.works(at) {
				t.Errorf("%s wrote at %s, %s in %s", p.name, c.CreatedAt, at.In(p.place).Format("Mon 15:04"), p.city)
			}
		}
	}
}

func TestOnlyPeopleOfAProjectWorkOnIt(t *testing.T) {
	t.Parallel()
	w := live()
	crew := map[[2]string]bool{}
	for _, row := range w.projectMembers {
		m := row.(projectMember)
		crew[[2]string{m.ProjectID, m.UserID}] = true
	}
	for _, row := range w.tickets {
		k := row.(ticket)
		if !crew[[2]string{k.ProjectID, k.AuthorID}] || k.AssigneeID != "" && !crew[[2]string{k.ProjectID, k.AssigneeID}] {
			t.Errorf("%q is worked on by somebody who is not in its project", k.Title)
		}
	}
}

func TestIdentitiesAreUniqueAndOfVersion7(t *testing.T) {
	t.Parallel()
	w, seen := live(), map[string]bool{}
	for _, rows := range [][]any{w.tickets, w.comments, w.updates} {
		for _, row := range rows {
			u := row.(timed).when()
			if seen[u] || len(u) != 36 || u[14] != '7' || !strings.ContainsRune("89ab", rune(u[19])) {
				t.Errorf("identity %s", u)
			}
			seen[u] = true
		}
	}
}
