package main

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/lexeme"
)

// postgresRows is the limit over PostgreSQL: statements prepared once per connection, in the driver's binary form. It knows the
// tables that the product made.
type postgresRows struct {
	pool  *pgxpool.Pool
	words string // the statement that finds by words
}

// pgConnections is how many connections either server has: the product's own number.
const pgConnections = 20

const (
	pgChildren = `SELECT c.article_id, c.id, c.body, c.created_at FROM comments c WHERE c.article_id = ANY ($1) ORDER BY c.article_id, c.id`
	pgAdd      = `INSERT INTO comments (id, article_id, author_id, body, created_at) SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, $5::timestamptz
		WHERE ` + mayWrite + `$2 AND m.user_id = $3)`
	pgAddAll = `INSERT INTO comments (id, article_id, author_id, body, created_at) SELECT j.id, j.article_id, $4, j.body, $5
		FROM unnest($1::uuid[], $2::uuid[], $3::text[]) j (id, article_id, body) WHERE ` + mayWrite + `j.article_id AND m.user_id = $4)`
	pgEdit = `UPDATE comments SET body = $1, edited_at = $2 WHERE id = $3 AND author_id = $4`
)

func openPostgresLimit(url string) (*limit, error) {
	ctx := context.Background()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = pgConnections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	var words string // each field that is searched has a column of words
	err = pool.QueryRow(ctx, `SELECT string_agg(quote_ident(column_name) || ' @@ $1::text::tsquery', ' OR ') FROM information_schema.columns
		WHERE table_name = 'articles' AND data_type = 'tsvector'`).Scan(&words)
	p := postgresRows{pool, strings.ReplaceAll(postgresWords, "{words}", words)}
	return &limit{rows: p, writer: p}, err
}

func (p postgresRows) query(ctx context.Context, statement string, scan func(scanner) error, args ...any) error {
	if statement == byWords {
		statement, args[0] = p.words, lexeme.Encode(args[0].(string))
	}
	rows, err := p.pool.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (p postgresRows) children(ctx context.Context, articles []string, scan func(scanner) error) error {
	return p.query(ctx, pgChildren, scan, articles)
}

func (p postgresRows) insert(ctx context.Context, user string, list []note) error {
	now := time.Now()
	if len(list) == 1 {
		return wrote(1)(p.pool.Exec(ctx, pgAdd, uuid.Must(uuid.NewV7()).String(), list[0].ArticleID, user, list[0].Body, now))
	}
	ids, articles, bodies := make([]string, len(list)), make([]string, len(list)), make([]string, len(list))
	for i, n := range list {
		ids[i], articles[i], bodies[i] = uuid.Must(uuid.NewV7()).String(), n.ArticleID, n.Body
	}
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error { // a list that is refused in part is not kept
		return wrote(len(list))(tx.Exec(ctx, pgAddAll, ids, articles, bodies, user, now))
	})
}

func (p postgresRows) edit(ctx context.Context, user, id, body string) error {
	return wrote(1)(p.pool.Exec(ctx, pgEdit, body, time.Now(), id, user))
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
