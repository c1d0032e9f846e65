package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver the product uses
)

// rows are the seed's rows that the requests need.
type rows struct {
	Members  []struct{ UserID string }
	Crew     []crew
	Projects []project
	Tickets  []ticket
	Comments []comment
}

type crew struct{ ProjectID, UserID string }

type project struct{ ID, Key, Name string }

type ticket struct {
	ID, ProjectID, Title, Body, Status, Priority, CreatedAt string
	Number                                                  int
}

type comment struct{ ID, TicketID, AuthorID, Body, CreatedAt string }

// visible are the tickets a member may see.
func (r *rows) visible(user string) []string {
	in := map[string]bool{}
	for _, c := range r.Crew {
		if c.UserID == user {
			in[c.ProjectID] = true
		}
	}
	var out []string
	for _, t := range r.Tickets {
		if in[t.ProjectID] {
			out = append(out, t.ID)
		}
	}
	return out
}

// user is a member with what they may see and have said where they still may.
func (r *rows) user(id, token string) user {
	u := user{ID: id, Token: token, Tickets: r.visible(id)}
	seen := map[string]bool{}
	for _, t := range u.Tickets {
		seen[t] = true
	}
	for _, c := range r.Comments {
		if c.AuthorID == id && seen[c.TicketID] {
			u.Comments = append(u.Comments, c.ID)
		}
	}
	return u
}

func readRows(dir string) (*rows, error) {
	r := &rows{}
	for name, into := range map[string]any{
		"members": &r.Members, "project_members": &r.Crew, "projects": &r.Projects, "tickets": &r.Tickets, "comments": &r.Comments,
	} {
		if err := readFile(filepath.Join(dir, name+".ndjson"), into); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// readFile reads lines of JSON into a slice; user_id becomes UserID.
func readFile(name string, into any) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var list []map[string]any
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row map[string]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return err
		}
		plain := map[string]any{}
		for k, v := range row {
			plain[strings.ReplaceAll(k, "_", "")] = v
		}
		list = append(list, plain)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// ddl declares what the example declares: the same keys and indexes.
const ddl = `
PRAGMA journal_mode = WAL;
CREATE TABLE project_members (project_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (project_id, user_id)) STRICT;
CREATE INDEX project_members_user ON project_members (user_id);
CREATE TABLE projects (id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE tickets (id TEXT NOT NULL PRIMARY KEY, project_id TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
	status TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
CREATE INDEX tickets_project ON tickets (project_id, status, created_at DESC);
CREATE INDEX tickets_status ON tickets (status, created_at DESC);
CREATE INDEX tickets_created ON tickets (created_at DESC);
CREATE TABLE members (user_id TEXT NOT NULL PRIMARY KEY) STRICT;
CREATE TABLE comments (id TEXT NOT NULL PRIMARY KEY, ticket_id TEXT NOT NULL REFERENCES tickets, parent_id TEXT REFERENCES comments,
	author_id TEXT NOT NULL REFERENCES members, body TEXT NOT NULL, created_at TEXT NOT NULL, edited_at TEXT) STRICT;
CREATE INDEX comments_ticket ON comments (ticket_id, created_at);
CREATE INDEX comments_parent ON comments (parent_id);
CREATE INDEX comments_author ON comments (author_id);
CREATE VIRTUAL TABLE words USING fts5 (body, content='', contentless_delete=1);
CREATE TRIGGER said AFTER INSERT ON comments BEGIN INSERT INTO words (rowid, body) VALUES (new.rowid, new.body); END;
CREATE TRIGGER edited AFTER UPDATE OF body ON comments BEGIN UPDATE words SET body = new.body WHERE rowid = new.rowid; END;`

// writeDatabase puts the rows into a new SQLite file.
func writeDatabase(name string, r *rows) error {
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(ddl); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := insert(tx, r); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.Exec("ANALYZE")
	return err
}

func insert(tx *sql.Tx, r *rows) error {
	do := func(text string, args ...any) (err error) {
		_, err = tx.Exec(text, args...)
		return err
	}
	for _, c := range r.Crew {
		if err := do("INSERT INTO project_members VALUES (?, ?)", c.ProjectID, c.UserID); err != nil {
			return err
		}
	}
	for _, m := range r.Members {
		if err := do("INSERT INTO members VALUES (?)", m.UserID); err != nil {
			return err
		}
	}
	for _, p := range r.Projects {
		if err := do("INSERT INTO projects VALUES (?, ?, ?)", p.ID, p.Key, p.Name); err != nil {
			return err
		}
	}
	for _, t := range r.Tickets {
		if err := do("INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?, ?)", t.ID, t.ProjectID, t.Number, t.Title, t.Body, t.Status, t.Priority, stamp(t.CreatedAt)); err != nil {
			return err
		}
	}
	for _, c := range r.Comments {
		if err := do("INSERT INTO comments VALUES (?, ?, NULL, ?, ?, ?, NULL)", c.ID, c.TicketID, c.AuthorID, c.Body, stamp(c.CreatedAt)); err != nil {
			return err
		}
	}
	return nil
}

// stamp is the wire's form of an instant.
func stamp(text string) string { return strings.TrimSuffix(text, "Z") + "+00:00" }
