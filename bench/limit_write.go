package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/google/uuid"
)

// writer is the limit's one connection that writes. What waits together shares a transaction and its wait for the disk.
type writer struct {
	jobs                                                    chan job
	begin, commit, save, release, undo, add, addAll, change *sql.Stmt
}

// job is one request's work, and where its outcome goes once it is on disk.
type job struct {
	do   func() error
	err  error
	done chan error
}

const (
	together   = 256
	mayWrite   = `EXISTS (SELECT 1 FROM articles t JOIN project_members m ON m.project_id = t.project_id WHERE t.id = `
	addText    = `INSERT INTO comments (id, article_id, author_id, body, created_at) SELECT ?1, ?2, ?3, ?4, ?5 WHERE ` + mayWrite + `?2 AND m.user_id = ?3)`
	addAllText = `INSERT INTO comments (id, article_id, author_id, body, created_at)
		SELECT j.value->>'id', j.value->>'article_id', ?2, j.value->>'body', ?3 FROM json_each(?1) j
		WHERE ` + mayWrite + `j.value->>'article_id' AND m.user_id = ?2)`
	editText = `UPDATE comments SET body = ?1, edited_at = ?2 WHERE id = ?3 AND author_id = ?4`
)

func openWriter(file string) (*writer, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{jobs: make(chan job, 1024)}
	for text, into := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &w.begin, "COMMIT": &w.commit, "SAVEPOINT s": &w.save, "RELEASE s": &w.release, "ROLLBACK TO s": &w.undo,
		addText: &w.add, addAllText: &w.addAll, editText: &w.change,
	} {
		if *into, err = db.Prepare(text); err != nil {
			return nil, err
		}
	}
	go w.work()
	return w, nil
}

// work commits groups: what waits, and what comes meanwhile.
func (w *writer) work() {
	for j := range w.jobs {
		var group []job
		_, err := w.begin.Exec()
		for more := true; more; {
			j.err = j.do()
			group = append(group, j)
			more = false
			if len(group) < together {
				select {
				case j = <-w.jobs:
					more = true
				default:
				}
			}
		}
		if err == nil {
			_, err = w.commit.Exec()
		}
		for _, j := range group {
			j.done <- errors.Join(err, j.err)
		}
	}
}

func (w *writer) run(do func() error) error {
	j := job{do: do, done: make(chan error, 1)}
	w.jobs <- j
	return <-j.done
}

// insert adds one comment, or all of a list or none.
func (w *writer) insert(_ context.Context, user string, list []note) error {
	return w.run(func() error {
		if len(list) == 1 {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			return met(1)(w.add.Exec(id.String(), list[0].ArticleID, user, list[0].Body, instant()))
		}
		return w.insertList(user, list)
	})
}

func (w *writer) insertList(user string, list []note) error {
	for i := range list {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		list[i].ID = id.String()
	}
	rows, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if _, err := w.save.Exec(); err != nil {
		return err
	}
	if err := met(len(list))(w.addAll.Exec(string(rows), user, instant())); err != nil {
		_, undo := w.undo.Exec()
		return errors.Join(err, undo)
	}
	_, err = w.release.Exec()
	return err
}

func (w *writer) edit(_ context.Context, user, id, body string) error {
	return w.run(func() error { return met(1)(w.change.Exec(body, instant(), id, user)) })
}

// met is errDenied where fewer rows than meant were written.
func met(want int) func(sql.Result, error) error {
	return func(r sql.Result, err error) error {
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n < int64(want) {
			return errors.Join(err, errDenied)
		}
		return nil
	}
}

// countComments counts the comments in a SQLite file.
func countComments(file string) (n int64, err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro"}).String())
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(context.Background(), "SELECT count(*) FROM comments").Scan(&n)
	return n, err
}
