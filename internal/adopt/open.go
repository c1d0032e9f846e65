package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store/postgres"
)

// oldest is the first version whose catalogue has what is asked for.
const oldest = 130000

// Source is a database that is read in one snapshot. Nothing can be written to it.
type Source struct {
	conn *pgx.Conn
	tx   pgx.Tx
}

// Open begins the snapshot. An error is a *fault.Fault that says what to do.
func Open(ctx context.Context, dsn string) (*Source, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil { // its text quotes the DSN
		return nil, fault.New(fault.Unavailable, "the database's address cannot be read; it is postgres://user:password@host:5432/database")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing is kept on the connection: a pooler may be between
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, postgres.Refused(config, err)
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err == nil { // names are printed with their schemas, instants in UTC
		_, err = tx.Exec(ctx, "SET LOCAL search_path = pg_catalog; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'", pgx.QueryExecModeSimpleProtocol)
	}
	if err != nil {
		return nil, errors.Join(postgres.Refused(config, err), conn.Close(ctx))
	}
	return &Source{conn, tx}, nil
}

// Close ends the snapshot.
func (s *Source) Close(ctx context.Context) error {
	return errors.Join(s.tx.Rollback(ctx), s.conn.Close(ctx))
}

// Read reads the catalogue of schemas, and looks at the values of numbers that have no declared scale.
func (s *Source) Read(ctx context.Context, schemas []string) (*Database, error) {
	db := &Database{Schemas: schemas, Types: map[int64]*Type{}}
	version := 0
	if err := s.tx.QueryRow(ctx, factsSQL).Scan(&version, &db.MoneyDigits, &db.Product); err != nil {
		return nil, failed(err)
	}
	if version < oldest {
		return nil, fault.New(fault.Unavailable, "the server is PostgreSQL %d; version %d or later is needed", version/10000, oldest/10000)
	}
	if db.Product {
		return nil, fault.New(fault.Unavailable, "the database is one of Socle's own (it has the table _socle_meta); its project is what describes it")
	}
	if err := s.known(ctx, schemas); err != nil {
		return nil, err
	}
	if err := s.catalogue(ctx, db); err != nil {
		return nil, err
	}
	return db, s.measure(ctx, db)
}

func (s *Source) known(ctx context.Context, schemas []string) error {
	var there []string
	if err := s.ask(ctx, schemasSQL, &there); err != nil {
		return err
	}
	for _, name := range schemas {
		if !slices.Contains(there, name) {
			return &NoSchema{name, there}
		}
	}
	return nil
}

// NoSchema is the error of a schema that the database does not have.
type NoSchema struct {
	Name  string
	There []string
}

// Error names those that are there.
func (e *NoSchema) Error() string {
	return fmt.Sprintf("the database has no schema %q; it has %s", e.Name, strings.Join(e.There, ", "))
}

// ask runs a statement that gives one JSON array.
func (s *Source) ask(ctx context.Context, sql string, into any, args ...any) error {
	var raw []byte
	if err := s.tx.QueryRow(ctx, sql, args...).Scan(&raw); err != nil {
		return failed(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("the catalogue cannot be read: %w", err)
	}
	return nil
}

func (s *Source) catalogue(ctx context.Context, db *Database) error {
	var (
		columns     []*Column
		types       []*Type
		constraints []*Constraint
		indexes     []*Index
		attached    []Attachment
	)
	err := errors.Join(s.ask(ctx, tablesSQL, &db.Tables, db.Schemas), s.ask(ctx, columnsSQL, &columns, db.Schemas), s.ask(ctx, typesSQL, &types),
		s.ask(ctx, constraintsSQL, &constraints, db.Schemas), s.ask(ctx, indexesSQL, &indexes, db.Schemas), s.ask(ctx, attachedSQL, &attached, db.Schemas),
		s.ask(ctx, functionsSQL, &db.Functions, db.Schemas), s.ask(ctx, sequencesSQL, &db.Sequences, db.Schemas))
	if err != nil {
		return err
	}
	tables := map[int64]*Table{}
	for _, t := range db.Tables {
		tables[t.ID] = t
	}
	for _, c := range columns {
		into(tables, c.Table, func(t *Table) { t.Columns = append(t.Columns, c) })
	}
	for _, c := range constraints {
		into(tables, c.Table, func(t *Table) { t.Constraints = append(t.Constraints, c) })
	}
	for _, x := range indexes {
		into(tables, x.Table, func(t *Table) { t.Indexes = append(t.Indexes, x) })
	}
	for _, a := range attached {
		into(tables, a.Table, func(t *Table) { t.Attached = append(t.Attached, a) })
	}
	for _, t := range types {
		db.Types[t.ID] = t
	}
	return nil
}

func into(tables map[int64]*Table, id int64, f func(*Table)) {
	if t, ok := tables[id]; ok {
		f(t)
	}
}

// measure looks at the values of numbers without a scale. A table that may not be read is not looked at.
func (s *Source) measure(ctx context.Context, db *Database) error {
	for _, t := range db.Tables {
		if t.Kind != "r" && t.Kind != "p" || t.Partition {
			continue
		}
		for _, c := range t.Columns {
			base, list := db.unscaled(c)
			if !base {
				continue
			}
			if err := s.measureColumn(ctx, t, c, list); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) measureColumn(ctx context.Context, t *Table, c *Column, list bool) error {
	var sql string
	if err := s.tx.QueryRow(ctx, measureSQL, t.Schema, t.Name, c.Name, list, t.Kind == "p").Scan(&sql); err != nil {
		return failed(err)
	}
	inner, err := s.tx.Begin(ctx) // a savepoint: a refusal must not end the snapshot
	if err != nil {
		return failed(err)
	}
	m := &Measure{}
	err = inner.QueryRow(ctx, sql).Scan(&m.Scale, &m.Digits, &m.Special, &m.Values)
	if end := inner.Rollback(ctx); end != nil {
		return failed(end)
	}
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == "42501" {
		return nil
	}
	c.Measure = m
	return failed(err)
}

// failed makes an error of the server one line that says what to do.
func failed(err error) error {
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &server):
		return fault.New(fault.Unavailable, "the connection to the database was lost; nothing was written").Because(err)
	case server.Code == "42501":
		return fault.New(fault.Unavailable, "the user lacks a right in the database (%s); GRANT SELECT on what is to be read", server.Message).Because(err)
	}
	return fault.New(fault.Unavailable, "the database refused to be read: %s (%s)", server.Message, server.Code).Because(err)
}

// Name is what the database is called.
func (s *Source) Name() string { return s.conn.Config().Database }
