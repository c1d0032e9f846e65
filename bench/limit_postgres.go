package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pgLimit is the limit over PostgreSQL: one statement for each request but the embeds, prepared once per connection, in the
// driver's binary form. It knows the tables that the product made.
type pgLimit struct {
	pool *pgxpool.Pool
	tokens
}

// pgConnections is how many connections either server has.
const pgConnections = 20

const (
	pgMayRead  = `EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = t.project_id AND m.user_id = $2)`
	pgByID     = `SELECT t.id, t.number, t.title, t.body, t.status, t.priority, t.created_at FROM tickets t WHERE t.id = $1 AND ` + pgMayRead
	pgList     = `SELECT t.id, t.number, t.title, t.status, t.priority, t.created_at FROM tickets t WHERE t.status = $1 AND ` + pgMayRead + ` ORDER BY t.created_at DESC, t.id DESC LIMIT 30`
	pgJoined   = `SELECT t.id, t.number, t.title, t.status, t.created_at, p.key, p.name FROM tickets t JOIN projects p ON p.id = t.project_id WHERE t.status = $1 AND ` + pgMayRead + ` ORDER BY t.created_at DESC, t.id DESC LIMIT 30`
	pgChildren = `SELECT c.ticket_id, c.id, c.body, c.created_at FROM comments c WHERE c.ticket_id = ANY ($1) ORDER BY c.ticket_id, c.id`
	pgAllowed  = `EXISTS (SELECT 1 FROM tickets t JOIN project_members m ON m.project_id = t.project_id WHERE t.id = `
	pgAdd      = `INSERT INTO comments (id, ticket_id, author_id, body, created_at, {words}) SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, $5::timestamptz, to_tsvector('simple', $4)
		WHERE ` + pgAllowed + `$2 AND m.user_id = $3)`
	pgAddAll = `INSERT INTO comments (id, ticket_id, author_id, body, created_at, {words}) SELECT j.id, j.ticket_id, $4, j.body, $5, to_tsvector('simple', j.body)
		FROM unnest($1::uuid[], $2::uuid[], $3::text[]) j (id, ticket_id, body) WHERE ` + pgAllowed + `j.ticket_id AND m.user_id = $4)`
	pgEdit = `UPDATE comments SET body = $1, edited_at = $2, {words} = to_tsvector('simple', $1) WHERE id = $3 AND author_id = $4 AND ` +
		pgAllowed + `ticket_id AND m.user_id = $4)`
)

func servePostgresLimit(o options) error {
	config, err := pgxpool.ParseConfig(o.rows)
	if err != nil {
		return err
	}
	config.MaxConns = pgConnections
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	l := &pgLimit{pool: pool}
	var words string // the column of the comments' index of words
	if err := pool.QueryRow(context.Background(), `SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_name = 'comments' AND data_type = 'tsvector'`).Scan(&words); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /rest/v1/tickets", l.tickets)
	mux.HandleFunc("POST /rest/v1/comments", l.say(strings.ReplaceAll(pgAdd, "{words}", words), strings.ReplaceAll(pgAddAll, "{words}", words)))
	mux.HandleFunc("PATCH /rest/v1/comments", l.edit(strings.ReplaceAll(pgEdit, "{words}", words)))
	return http.ListenAndServe(o.limit, mux)
}

func (l *pgLimit) tickets(w http.ResponseWriter, r *http.Request) {
	q, user := r.URL.Query(), l.subject(r.Header.Get("Authorization"))
	status := strings.TrimPrefix(q.Get("status"), "eq.")
	var out any
	var err error
	switch id := q.Get("id"); {
	case id != "":
		out, err = collect(r.Context(), l.pool, pgByID, []any{strings.TrimPrefix(id, "eq."), user}, func(rows pgx.Rows) (t found, err error) {
			var at time.Time
			err = rows.Scan(&t.ID, &t.Number, &t.Title, &t.Body, &t.Status, &t.Priority, &at)
			t.CreatedAt = wire(at)
			return t, err
		})
	case strings.Contains(q.Get("select"), "comments("):
		out, err = l.embeds(r.Context(), status, user)
	default:
		out, err = collect(r.Context(), l.pool, pgList, []any{status, user}, func(rows pgx.Rows) (t found, err error) {
			var at time.Time
			err = rows.Scan(&t.ID, &t.Number, &t.Title, &t.Status, &t.Priority, &at)
			t.CreatedAt = wire(at)
			return t, err
		})
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

func wire(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999-07:00") }

// collect gives the rows of a statement.
func collect[T any](ctx context.Context, pool *pgxpool.Pool, text string, args []any, scan func(pgx.Rows) (T, error)) ([]T, error) {
	rows, err := pool.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([]T, 0, 30)
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func (l *pgLimit) embeds(ctx context.Context, status, user string) ([]embedded, error) {
	out, err := collect(ctx, l.pool, pgJoined, []any{status, user}, func(rows pgx.Rows) (embedded, error) {
		t := embedded{Comments: []said{}}
		var at time.Time
		err := rows.Scan(&t.ID, &t.Number, &t.Title, &t.Status, &at, &t.Project.Key, &t.Project.Name)
		t.CreatedAt = wire(at)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	place, ids := make(map[string]int, len(out)), make([]string, len(out))
	for i, t := range out {
		place[t.ID], ids[i] = i, t.ID
	}
	_, err = collect(ctx, l.pool, pgChildren, []any{ids}, func(rows pgx.Rows) (c said, err error) {
		var ticket string
		var at time.Time
		err = rows.Scan(&ticket, &c.ID, &c.Body, &at)
		c.CreatedAt = wire(at)
		i := place[ticket]
		out[i].Comments = append(out[i].Comments, c)
		return c, err
	})
	return out, err
}

// say inserts one comment or a list of them.
func (l *pgLimit) say(add, addAll string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, now := l.subject(r.Header.Get("Authorization")), time.Now()
		body, err := io.ReadAll(r.Body)
		list := make([]note, 1)
		if err == nil && bytes.HasPrefix(body, []byte("[")) {
			err = json.Unmarshal(body, &list)
		} else if err == nil {
			err = json.Unmarshal(body, &list[0])
		}
		ids, tickets, bodies := make([]string, len(list)), make([]string, len(list)), make([]string, len(list))
		for i, n := range list {
			ids[i], tickets[i], bodies[i] = uuid.Must(uuid.NewV7()).String(), n.TicketID, n.Body
		}
		switch {
		case err != nil:
		case len(list) == 1:
			err = wrote(1)(l.pool.Exec(r.Context(), add, ids[0], tickets[0], user, bodies[0], now))
		default: // a list that is refused in part is not kept
			err = pgx.BeginFunc(r.Context(), l.pool, func(tx pgx.Tx) error {
				return wrote(len(list))(tx.Exec(r.Context(), addAll, ids, tickets, bodies, user, now))
			})
		}
		finish(w, http.StatusCreated, err)
	}
}

// edit changes the words of a comment.
func (l *pgLimit) edit(statement string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, id := l.subject(r.Header.Get("Authorization")), strings.TrimPrefix(r.URL.Query().Get("id"), "eq.")
		var n note
		err := json.NewDecoder(r.Body).Decode(&n)
		if err == nil {
			err = wrote(1)(l.pool.Exec(r.Context(), statement, n.Body, time.Now(), id, user))
		}
		finish(w, http.StatusNoContent, err)
	}
}

// wrote is errDenied where fewer rows than meant were written.
func wrote(want int) func(pgconn.CommandTag, error) error {
	return func(t pgconn.CommandTag, err error) error {
		if err == nil && t.RowsAffected() < int64(want) {
			err = errDenied
		}
		return err
	}
}
