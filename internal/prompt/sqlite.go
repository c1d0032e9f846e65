package prompt

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/store/sqlite"
)

// embedded is an embedded database's file.
type embedded struct {
	db   *sql.DB
	most time.Duration
}

// SQLite opens a data directory's database, also beside a running server. The file is opened read-only.
func SQLite(ctx context.Context, dir string, most time.Duration) (Database, error) {
	db, err := sqlite.OpenReadOnly(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &embedded{db, most}, nil
}

func (e *embedded) Close(context.Context) error { return e.db.Close() }

func (e *embedded) Ask(ctx context.Context, text string, to Sink) error {
	text, err := single("sqlite", text)
	if err != nil {
		return err
	}
	timed, cancel := limited(ctx, e.most)
	defer cancel()
	err = e.ask(timed, text, to)
	if err != nil && timed.Err() != nil && ctx.Err() == nil {
		return late(e.most)
	}
	return err
}

func (e *embedded) ask(ctx context.Context, text string, to Sink) (err error) {
	rows, err := e.db.QueryContext(ctx, text)
	if err != nil {
		return said(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return said(err)
	}
	if err := to.Head(columns); err != nil {
		return err
	}
	values, into, cells := make([]any, len(columns)), make([]any, len(columns)), make([]Cell, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return said(err)
		}
		for i, v := range values {
			cells[i] = cellOf(v)
		}
		if err := to.Row(cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return said(err)
	}
	return to.End()
}

func said(err error) error {
	if strings.Contains(err.Error(), "readonly database") {
		return refuse("%s", readOnly)
	}
	return refuse("%s", err)
}

func cellOf(v any) Cell {
	switch v := v.(type) {
	case nil:
		return Cell{Null: true}
	case int64:
		return Cell{Text: strconv.FormatInt(v, 10), JSON: true}
	case float64:
		return Cell{Text: strconv.FormatFloat(v, 'g', -1, 64), JSON: !math.IsInf(v, 0) && !math.IsNaN(v)}
	case []byte:
		return Cell{Text: `\x` + hex.EncodeToString(v)}
	case string:
		return Cell{Text: v}
	}
	return Cell{Text: fmt.Sprint(v)}
}
