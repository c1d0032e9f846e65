package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	_ "modernc.org/sqlite" // the driver the product uses
)

// sqliteRows reads with prepared statements on a few connections.
type sqliteRows struct{ statements map[string]*sql.Stmt }

const childrenOf = `SELECT c.article_id, c.id, c.body, c.created_at FROM json_each(?) k JOIN comments c ON c.article_id = k.value ORDER BY c.article_id, c.id`

func openLimit(file string) (*limit, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=mmap_size(268435456)&_pragma=cache_size(-16000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	s := sqliteRows{map[string]*sql.Stmt{}}
	prepare := func(name, text string) {
		if err == nil {
			s.statements[name], err = db.Prepare(questions(text))
		}
	}
	for _, text := range common {
		prepare(text, text)
	}
	prepare(byWords, sqliteWords)
	prepare(childrenOf, childrenOf)
	if err != nil {
		return nil, err
	}
	w, err := openWriter(file)
	return &limit{rows: s, writer: w}, err
}

// questions are SQLite's parameters.
func questions(text string) string { return strings.ReplaceAll(text, "$", "?") }

func (s sqliteRows) query(ctx context.Context, statement string, scan func(scanner) error, args ...any) error {
	answer, err := s.statements[statement].QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer answer.Close()
	for answer.Next() {
		if err := scan(answer); err != nil {
			return err
		}
	}
	return answer.Err()
}

func (s sqliteRows) children(ctx context.Context, articles []string, scan func(scanner) error) error {
	keys, err := json.Marshal(articles)
	if err != nil {
		return err
	}
	return s.query(ctx, childrenOf, scan, string(keys))
}

// ddl declares what the project declares: the same keys, references and indexes.
const ddl = `
PRAGMA journal_mode = WAL;
CREATE TABLE members (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE projects (id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE project_members (project_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (project_id, user_id)) STRICT;
CREATE INDEX project_members_user ON project_members (user_id);
CREATE TABLE articles (id TEXT NOT NULL PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects, number INTEGER NOT NULL, title TEXT NOT NULL,
	body TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES members, number INTEGER NOT NULL, title TEXT NOT NULL,
	body TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
CREATE TABLE tickets (id TEXT NOT NULL PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects, number INTEGER NOT NULL, title TEXT NOT NULL,
	body TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
CREATE TABLE comments (id TEXT NOT NULL PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles, author_id TEXT NOT NULL REFERENCES members,
	body TEXT NOT NULL, created_at TEXT NOT NULL, edited_at TEXT) STRICT;
CREATE VIRTUAL TABLE article_words USING fts5 (title, body, content='');`

// indexes are made once the rows are there.
const indexes = `
CREATE INDEX articles_project ON articles (project_id);
CREATE INDEX articles_status ON articles (status, created_at DESC);
CREATE INDEX notes_owner ON notes (owner_id, created_at DESC);
CREATE INDEX tickets_project ON tickets (project_id);
CREATE INDEX tickets_status ON tickets (status, created_at DESC);
CREATE INDEX comments_article ON comments (article_id, created_at);
CREATE INDEX comments_author ON comments (author_id);
INSERT INTO article_words (rowid, title, body) SELECT rowid, title, body FROM articles;
ANALYZE;`

// writeDatabase puts the rows into a new SQLite file.
func (s sizes) writeDatabase(name string) error {
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
	if err := s.insertAll(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.Exec(indexes)
	return err
}

func (s sizes) insertAll(tx *sql.Tx) error {
	items := func(t table) func(int) []any {
		return func(i int) []any {
			r := itemOf(t, i)
			return []any{r.id, r.belongs, r.number, r.title, r.body, r.status, r.priority, stamp(r.at)}
		}
	}
	for _, f := range []struct {
		table string
		rows  int
		cells func(int) []any
	}{
		{"members", people, func(i int) []any { return []any{key(members, i), "Member"} }},
		{"projects", projects, func(i int) []any { return []any{key(teams, i), teamKey(i), teamName(i)} }},
		{"project_members", people * projects, func(i int) []any {
			if !belongsTo(i/projects, i%projects) {
				return nil
			}
			return []any{key(teams, i%projects), key(members, i/projects)}
		}},
		{"articles", s.articles, items(articles)}, {"notes", s.notes, items(notes)}, {"tickets", s.tickets, items(tickets)},
		{"comments", s.comments, func(i int) []any {
			r := s.remarkOf(i)
			return []any{r.id, r.article, r.author, r.body, stamp(r.at), nil}
		}},
	} {
		if err := insertRows(tx, f.table, f.rows, f.cells); err != nil {
			return err
		}
	}
	return nil
}

// insertRows inserts n rows but those without cells.
func insertRows(tx *sql.Tx, table string, n int, cells func(int) []any) error {
	if n == 0 {
		return nil
	}
	add, err := tx.Prepare("INSERT INTO " + table + " VALUES (" + strings.Repeat("?, ", len(cells(0))-1) + "?)")
	if err != nil {
		return err
	}
	defer add.Close()
	for i := range n {
		row := cells(i)
		if row == nil {
			continue
		}
		if _, err := add.Exec(row...); err != nil {
			return err
		}
	}
	return nil
}
