package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// limit is the server nobody would write twice: five requests, a statement or two for each, no grammar, no policies but a WHERE.
// A token is believed without checking its signature; its subject is read once.
type limit struct {
	db                             *sql.DB
	byID, list, projects, comments *sql.Stmt
	writer                         *writer
	tokens
}

// tokens knows the subjects of Authorization headers.
type tokens struct{ subjects sync.Map }

const (
	mayRead = `EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = t.project_id AND m.user_id = ?)`
	byID    = `SELECT t.id, t.number, t.title, t.body, t.status, t.priority, t.created_at FROM tickets t WHERE t.id = ? AND ` + mayRead
	list    = `SELECT t.id, t.number, t.title, t.status, t.priority, t.created_at, t.project_id FROM tickets t WHERE t.status = ? AND ` + mayRead +
		` ORDER BY t.created_at DESC, t.id DESC LIMIT 30`
	joined = `SELECT t.id, t.number, t.title, t.status, t.created_at, p.key, p.name FROM tickets t JOIN projects p ON p.id = t.project_id
		WHERE t.status = ? AND ` + mayRead + ` ORDER BY t.created_at DESC, t.id DESC LIMIT 30`
	children = `SELECT c.ticket_id, c.id, c.body, c.created_at FROM json_each(?) k JOIN comments c ON c.ticket_id = k.value ORDER BY c.ticket_id, c.id`
)

func serveLimit(o options) error {
	l, err := openLimit(o.rows)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /rest/v1/tickets", l.tickets)
	mux.HandleFunc("POST /rest/v1/comments", l.say)
	mux.HandleFunc("PATCH /rest/v1/comments", l.edit)
	return http.ListenAndServe(o.limit, mux)
}

func openLimit(file string) (*limit, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=mmap_size(268435456)&_pragma=cache_size(-16000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	l := &limit{db: db}
	for text, into := range map[string]**sql.Stmt{byID: &l.byID, list: &l.list, joined: &l.projects, children: &l.comments} {
		if *into, err = db.Prepare(text); err != nil {
			return nil, err
		}
	}
	l.writer, err = openWriter(file)
	return l, err
}

func (l *limit) tickets(w http.ResponseWriter, r *http.Request) {
	q, user := r.URL.Query(), l.subject(r.Header.Get("Authorization"))
	var (
		out []byte
		err error
	)
	switch id := q.Get("id"); {
	case id != "":
		out, err = l.one(r.Context(), strings.TrimPrefix(id, "eq."), user)
	case strings.Contains(q.Get("select"), "comments("):
		out, err = l.embeds(r.Context(), strings.TrimPrefix(q.Get("status"), "eq."), user)
	default:
		out, err = l.many(r.Context(), strings.TrimPrefix(q.Get("status"), "eq."), user)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(out)
}

// subject is the token's, unverified.
func (l *tokens) subject(header string) string {
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
	ID        string `json:"id"`
	Number    int    `json:"number"`
	Title     string `json:"title"`
	Body      string `json:"body,omitempty"`
	Status    string `json:"status"`
	Priority  string `json:"priority,omitempty"`
	CreatedAt string `json:"created_at"`
}

func (l *limit) one(ctx context.Context, id, user string) ([]byte, error) {
	out := []found{}
	var t found
	switch err := l.byID.QueryRowContext(ctx, id, user).Scan(&t.ID, &t.Number, &t.Title, &t.Body, &t.Status, &t.Priority, &t.CreatedAt); err {
	case nil:
		out = append(out, t)
	case sql.ErrNoRows:
	default:
		return nil, err
	}
	return json.Marshal(out)
}

func (l *limit) many(ctx context.Context, status, user string) ([]byte, error) {
	answer, err := l.list.QueryContext(ctx, status, user)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	out := make([]found, 0, 30)
	for answer.Next() {
		var t found
		var project string
		if err := answer.Scan(&t.ID, &t.Number, &t.Title, &t.Status, &t.Priority, &t.CreatedAt, &project); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	if err := answer.Err(); err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

type embedded struct {
	found
	Project  named  `json:"project"`
	Comments []said `json:"comments"`
}

type named struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

type said struct {
	ID        string `json:"id"`
	Body      string `json:"body"`
	CreatedAt string `json:"created_at"`
}

func (l *limit) embeds(ctx context.Context, status, user string) ([]byte, error) {
	out, err := l.parents(ctx, status, user)
	if err != nil {
		return nil, err
	}
	place, ids := make(map[string]int, len(out)), make([]string, len(out))
	for i, t := range out {
		place[t.ID], ids[i] = i, t.ID
	}
	keys, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	answer, err := l.comments.QueryContext(ctx, string(keys))
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	for answer.Next() {
		var ticket string
		var c said
		if err := answer.Scan(&ticket, &c.ID, &c.Body, &c.CreatedAt); err != nil {
			return nil, err
		}
		i := place[ticket]
		out[i].Comments = append(out[i].Comments, c)
	}
	if err := answer.Err(); err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func (l *limit) parents(ctx context.Context, status, user string) ([]embedded, error) {
	answer, err := l.projects.QueryContext(ctx, status, user)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	out := make([]embedded, 0, 30)
	for answer.Next() {
		t := embedded{Comments: []said{}}
		if err := answer.Scan(&t.ID, &t.Number, &t.Title, &t.Status, &t.CreatedAt, &t.Project.Key, &t.Project.Name); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, answer.Err()
}
