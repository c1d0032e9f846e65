package main

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// limit is the server nobody would write twice: these requests, a prepared statement or two for each, no grammar, no policies but
// a WHERE. A token is believed without checking its signature; its subject is read once.
type limit struct {
	rows     source
	writer   writing
	subjects sync.Map // of Authorization headers
}

// source carries out the statements of either engine; scan is called for every row.
type source interface {
	query(ctx context.Context, statement string, scan func(scanner) error, args ...any) error
	// children are the comments on articles; scan's first is the article.
	children(ctx context.Context, articles []string, scan func(scanner) error) error
}

type scanner interface{ Scan(...any) error }

// writing keeps what it is given, on disk when it returns; errDenied where it may not be written.
type writing interface {
	insert(ctx context.Context, user string, list []note) error
	edit(ctx context.Context, user, id, body string) error
}

var errDenied = errors.New("denied")

type note struct {
	ID        string `json:"id,omitempty"`
	ArticleID string `json:"article_id"`
	Body      string `json:"body"`
}

// The statements, as PostgreSQL takes them; SQLite's have ? for $. One that a server does not have is left out of its texts.
const (
	whole    = `t.id, t.number, t.title, t.body, t.status, t.priority, t.created_at`
	short    = `t.id, t.number, t.title, t.status, t.priority, t.created_at`
	newest   = ` ORDER BY t.created_at DESC, t.id DESC LIMIT `
	ofTeam   = `EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = t.project_id AND m.user_id = $2)`
	anyOne   = `SELECT ` + whole + ` FROM articles t WHERE t.id = $1`
	teamOne  = `SELECT ` + whole + ` FROM tickets t WHERE t.id = $1 AND ` + ofTeam
	anyList  = `SELECT ` + short + ` FROM articles t WHERE t.status = $1` + newest + `$2`
	teamList = `SELECT ` + short + ` FROM tickets t WHERE t.status = $1 AND ` + ofTeam + newest + `$3`
	ownList  = `SELECT ` + short + ` FROM notes t WHERE t.owner_id = $1` + newest + `$2`
	anyCount = `SELECT count(*) FROM articles t WHERE t.status = $1`
	joined   = `SELECT ` + short + `, p.key, p.name FROM articles t JOIN projects p ON p.id = t.project_id WHERE t.status = $1` + newest + `$2`
	// found by words: each engine has its own
	sqliteWords   = `SELECT ` + short + ` FROM article_words w JOIN articles t ON t.rowid = w.rowid WHERE article_words MATCH $1` + newest + `$2`
	postgresWords = `SELECT ` + short + ` FROM articles t WHERE ({words})` + newest + `$2`
)

var common = []string{anyOne, teamOne, anyList, teamList, ownList, anyCount, joined}

// serveLimit serves over the database that rows names, a file or the URL of PostgreSQL.
func serveLimit(o options) error {
	open := openLimit
	if strings.HasPrefix(o.rows, "postgres://") {
		open = openPostgresLimit
	}
	l, err := open(o.rows)
	if err != nil {
		return err
	}
	return http.ListenAndServe(o.limit, l.handler())
}

func (l *limit) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /rest/v1/{table}", l.read)
	mux.HandleFunc("POST /rest/v1/comments", l.say)
	mux.HandleFunc("PATCH /rest/v1/comments", l.edit)
	return mux
}

// subject is the token's, unverified.
func (l *limit) subject(r *http.Request) string {
	header := r.Header.Get("Authorization")
	if known, ok := l.subjects.Load(header); ok {
		return known.(string)
	}
	parts := strings.Split(strings.TrimPrefix(header, "Bearer "), ".")
	if len(parts) != 3 {
		return ""
	}
	var claims struct{ Sub string }
	if text, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
		_ = json.Unmarshal(text, &claims)
	}
	l.subjects.Store(header, claims.Sub)
	return claims.Sub
}

type found struct {
	ID        string  `json:"id"`
	Number    int     `json:"number"`
	Title     string  `json:"title"`
	Body      string  `json:"body,omitempty"`
	Status    string  `json:"status"`
	Priority  string  `json:"priority"`
	CreatedAt moment  `json:"created_at"`
	Project   *named  `json:"project,omitempty"`
	Comments  *[]said `json:"comments,omitempty"`
}

type named struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

type said struct {
	ID        string `json:"id"`
	Body      string `json:"body"`
	CreatedAt moment `json:"created_at"`
}

// moment is an instant in the wire's form, which SQLite's database holds as it is.
type moment string

func (m *moment) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("an instant of %T", v)
	}
	*m = moment(text)
	return nil
}

// ScanTimestamptz takes PostgreSQL's binary form.
func (m *moment) ScanTimestamptz(v pgtype.Timestamptz) error {
	*m = moment(stamp(v.Time))
	return nil
}

// Value is there because what scans through database/sql is expected to have it.
func (m moment) Value() (driver.Value, error) { return string(m), nil }

func (l *limit) read(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	out, err := l.find(r, q.Get)
	if err == nil && r.Header.Get("Prefer") == "count=exact" {
		var all int64
		err = l.rows.query(r.Context(), anyCount, func(s scanner) error { return s.Scan(&all) }, strings.TrimPrefix(q.Get("status"), "eq."))
		w.Header().Set("Content-Range", fmt.Sprintf("0-%d/%d", len(out)-1, all))
	}
	var text []byte
	if err == nil {
		text, err = json.Marshal(out)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(text)
}

// find gives the rows of one of the requests that it knows.
func (l *limit) find(r *http.Request, q func(string) string) ([]found, error) {
	ctx, user, table := r.Context(), l.subject(r), r.PathValue("table")
	id, status := strings.TrimPrefix(q("id"), "eq."), strings.TrimPrefix(q("status"), "eq.")
	rows, _ := strconv.Atoi(q("limit"))
	switch selected := q("select"); {
	case table == "notes":
		return l.list(ctx, ownList, rows, user, rows)
	case table == "tickets" && id != "":
		return l.one(ctx, teamOne, id, user)
	case table == "tickets":
		return l.list(ctx, teamList, rows, status, user, rows)
	case id != "":
		return l.one(ctx, anyOne, id)
	case q("search") != "":
		return l.list(ctx, byWords, rows, strings.TrimPrefix(q("search"), "plfts."), rows)
	case strings.Contains(selected, "project:"):
		return l.projects(ctx, status, rows)
	case strings.Contains(selected, "comments("):
		return l.comments(ctx, status, rows)
	}
	return l.list(ctx, anyList, rows, status, rows)
}

// byWords stands for each engine's own statement.
const byWords = "by words"

func (l *limit) one(ctx context.Context, statement string, args ...any) ([]found, error) {
	out := make([]found, 0, 1)
	err := l.rows.query(ctx, statement, func(s scanner) error {
		var t found
		err := s.Scan(&t.ID, &t.Number, &t.Title, &t.Body, &t.Status, &t.Priority, &t.CreatedAt)
		out = append(out, t)
		return err
	}, args...)
	return out, err
}

func (l *limit) list(ctx context.Context, statement string, rows int, args ...any) ([]found, error) {
	out := make([]found, 0, rows)
	err := l.rows.query(ctx, statement, func(s scanner) error {
		var t found
		err := s.Scan(&t.ID, &t.Number, &t.Title, &t.Status, &t.Priority, &t.CreatedAt)
		out = append(out, t)
		return err
	}, args...)
	return out, err
}

func (l *limit) projects(ctx context.Context, status string, rows int) ([]found, error) {
	out := make([]found, 0, rows)
	err := l.rows.query(ctx, joined, func(s scanner) error {
		t := found{Project: &named{}}
		err := s.Scan(&t.ID, &t.Number, &t.Title, &t.Status, &t.Priority, &t.CreatedAt, &t.Project.Key, &t.Project.Name)
		out = append(out, t)
		return err
	}, status, rows)
	return out, err
}

func (l *limit) comments(ctx context.Context, status string, rows int) ([]found, error) {
	out, err := l.list(ctx, anyList, rows, status, rows)
	if err != nil {
		return nil, err
	}
	place, ids := make(map[string]int, len(out)), make([]string, len(out))
	for i, t := range out {
		place[t.ID], ids[i] = i, t.ID
		list := make([]said, 0, perArticle)
		out[i].Comments = &list
	}
	return out, l.rows.children(ctx, ids, func(s scanner) error {
		var article string
		var c said
		if err := s.Scan(&article, &c.ID, &c.Body, &c.CreatedAt); err != nil {
			return err
		}
		list := out[place[article]].Comments
		*list = append(*list, c)
		return nil
	})
}

// say inserts one comment or a list of them.
func (l *limit) say(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	list := make([]note, 1)
	if err == nil && bytes.HasPrefix(body, []byte("[")) {
		err = json.Unmarshal(body, &list)
	} else if err == nil {
		err = json.Unmarshal(body, &list[0])
	}
	if err == nil {
		err = l.writer.insert(r.Context(), l.subject(r), list)
	}
	finish(w, http.StatusCreated, err)
}

// edit changes the words of a comment.
func (l *limit) edit(w http.ResponseWriter, r *http.Request) {
	var n note
	err := json.NewDecoder(r.Body).Decode(&n)
	if err == nil {
		err = l.writer.edit(r.Context(), l.subject(r), strings.TrimPrefix(r.URL.Query().Get("id"), "eq."), n.Body)
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

func instant() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000-07:00") }
