package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// writer is the limit's one connection that writes. What waits together shares a transaction and its wait for the disk.
type writer struct {
	jobs                                                  chan job
	begin, commit, save, release, undo, add, addAll, edit *sql.Stmt
}

// job is one request's work, and where its outcome goes once it is on disk.
type job struct {
	do   func() error
	err  error
	done chan error
}

const (
	together = 256
	addText  = `INSERT INTO comments (id, ticket_id, author_id, body, created_at) SELECT ?1, ?2, ?3, ?4, ?5
		WHERE EXISTS (SELECT 1 FROM tickets t JOIN project_members m ON m.project_id = t.project_id WHERE t.id = ?2 AND m.user_id = ?3)`
	addAllText = `INSERT INTO comments (id, ticket_id, author_id, body, created_at)
		SELECT j.value->>'id', j.value->>'ticket_id', ?2, j.value->>'body', ?3 FROM json_each(?1) j
		WHERE EXISTS (SELECT 1 FROM tickets t JOIN project_members m ON m.project_id = t.project_id WHERE t.id = j.value->>'ticket_id' AND m.user_id = ?2)`
	editText = `UPDATE comments SET body = ?1, edited_at = ?2 WHERE id = ?3 AND author_id = ?4
		AND EXISTS (SELECT 1 FROM tickets t JOIN project_members m ON m.project_id = t.project_id WHERE t.id = ticket_id AND m.user_id = ?4)`
)

var errDenied = errors.New("denied")

func openWriter(file string) (*writer, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{jobs: make(chan job, 1024)}
	for text, into := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &w.begin, "COMMIT": &w.commit, "SAVEPOINT s": &w.save, "RELEASE s": &w.release, "ROLLBACK TO s": &w.undo,
		addText: &w.add, addAllText: &w.addAll, editText: &w.edit,
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

type note struct {
	ID       string `json:"id,omitempty"`
	TicketID string `json:"ticket_id"`
	Body     string `json:"body"`
}

func (w *writer) insert(user string, list []note) error {
	if len(list) == 1 {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		return met(1)(w.add.Exec(id.String(), list[0].TicketID, user, list[0].Body, instant()))
	}
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

func instant() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000-07:00") }

// say inserts one comment or a list of them.
func (l *limit) say(w http.ResponseWriter, r *http.Request) {
	user := l.subject(r.Header.Get("Authorization"))
	body, err := io.ReadAll(r.Body)
	list := make([]note, 1)
	if err == nil && bytes.HasPrefix(body, []byte("[")) {
		err = json.Unmarshal(body, &list)
	} else if err == nil {
		err = json.Unmarshal(body, &list[0])
	}
	if err == nil {
		err = l.writer.run(func() error { return l.writer.insert(user, list) })
	}
	finish(w, http.StatusCreated, err)
}

// edit changes the words of a comment.
func (l *limit) edit(w http.ResponseWriter, r *http.Request) {
	user, id := l.subject(r.Header.Get("Authorization")), strings.TrimPrefix(r.URL.Query().Get("id"), "eq.")
	var n note
	err := json.NewDecoder(r.Body).Decode(&n)
	if err == nil {
		err = l.writer.run(func() error { return met(1)(l.writer.edit.Exec(n.Body, instant(), id, user)) })
	}
	finish(w, http.StatusNoContent, err)
}

func finish(w http.ResponseWriter, status int, err error) {
	switch {
	case errors.Is(err, errDenied):
		status = http.StatusForbidden
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
}

// countComments counts the comments in a SQLite file, and those whose words begin in some way.
func countComments(file, words string) (all, some int64, err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro"}).String())
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(context.Background(), "SELECT count(*), count(*) FILTER (WHERE body LIKE ? || '%') FROM comments", words).Scan(&all, &some)
	return all, some, err
}
