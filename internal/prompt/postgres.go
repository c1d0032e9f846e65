package prompt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store/postgres"
)

// server is a connection to PostgreSQL.
type server struct {
	conn *pgx.Conn
	most time.Duration
}

// Postgres connects to a server. Every statement is a read-only transaction of its own, which is rolled back.
func Postgres(ctx context.Context, dsn string, most time.Duration) (Database, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil { // its text quotes the DSN
		return nil, fault.New(fault.Unavailable, "the database's address cannot be read; it is postgres://user:password@host:5432/database")
	}
	for _, own := range []string{"pool_max_conns", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time", "pool_health_check_period"} {
		delete(config.RuntimeParams, own)
	}
	config.RuntimeParams["timezone"] = "UTC"
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, postgres.Refused(config, err)
	}
	return &server{conn, most}, nil
}

// Powerful says in one line what a statement can do beside reading tables, "" where the user has no such right: read-only transactions
// hold a superuser off from writing, not from reading the server's files.
func Powerful(ctx context.Context, db Database) string {
	s, ok := db.(*server)
	if !ok {
		return ""
	}
	var user string
	var super, files bool
	err := s.conn.QueryRow(ctx, "SELECT current_user::text, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), "+
		"pg_has_role(current_user, 'pg_read_server_files', 'USAGE')").Scan(&user, &super, &files)
	switch {
	case err != nil || !super && !files:
		return ""
	case super:
		return fmt.Sprintf("the user %q is a superuser: a statement can also read the server's files and call every function; use one that may only read tables", user)
	}
	return fmt.Sprintf("the user %q has pg_read_server_files: a statement can also read the server's files; use one that may only read tables", user)
}

func (s *server) Close(ctx context.Context) error { return s.conn.Close(ctx) }

func (s *server) Ask(ctx context.Context, text string, to Sink) (err error) {
	text, err = single("postgres", text)
	if err != nil {
		return err
	}
	if s.conn.IsClosed() {
		return fault.New(fault.Unavailable, "the connection to the database was lost")
	}
	tx, err := s.conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return s.answer(err)
	}
	defer func() {
		if end := tx.Rollback(context.WithoutCancel(ctx)); end != nil && !errors.Is(end, pgx.ErrTxClosed) && err == nil {
			err = s.answer(end)
		}
	}()
	limit := fmt.Sprintf("SET LOCAL statement_timeout = %d", s.most.Milliseconds())
	if _, err := tx.Exec(ctx, limit); err != nil {
		return s.answer(err)
	}
	return s.ask(ctx, text, to)
}

// ask sends the statement by the extended protocol, in which a server takes one only.
func (s *server) ask(ctx context.Context, text string, to Sink) error {
	read := s.conn.PgConn().ExecParams(ctx, text, nil, nil, nil, nil)
	fields := read.FieldDescriptions()
	columns := make([]string, len(fields))
	for i, f := range fields {
		columns[i] = f.Name
	}
	if len(columns) > 0 {
		if err := to.Head(columns); err != nil {
			return errors.Join(err, s.close(read))
		}
	}
	cells := make([]Cell, len(columns))
	for read.NextRow() {
		for i, raw := range read.Values() {
			cells[i] = textCell(fields[i].DataTypeOID, raw)
		}
		if err := to.Row(cells); err != nil {
			return errors.Join(err, s.close(read))
		}
	}
	if err := s.close(read); err != nil || len(columns) == 0 {
		return err
	}
	return to.End()
}

func (s *server) close(read *pgconn.ResultReader) error {
	_, err := read.Close()
	return s.answer(err)
}

// answer is what the server says against a statement.
func (s *server) answer(err error) error {
	var said *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &said):
		return fault.New(fault.Unavailable, "the connection to the database was lost").Because(err)
	case said.Code == "25006":
		return refuse("%s (%s)", readOnly, said.Message)
	case said.Code == "57014":
		return late(s.most)
	case said.Hint != "":
		return refuse("%s (%s)", said.Message, said.Hint)
	}
	return refuse("%s", said.Message)
}

func textCell(oid uint32, raw []byte) Cell {
	if raw == nil {
		return Cell{Null: true}
	}
	c := Cell{Text: string(raw)}
	switch oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.JSONOID, pgtype.JSONBOID:
		c.JSON = true
	case pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
		c.JSON = !strings.ContainsAny(c.Text, "NI")
	case pgtype.BoolOID:
		c.JSON, c.Text = true, map[string]string{"t": "true", "f": "false"}[c.Text]
	}
	return c
}
