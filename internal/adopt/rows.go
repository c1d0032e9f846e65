package adopt

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
)

// Rows writes the rows of every stored collection, of the snapshot's moment, as NDJSON to what open gives for the collection's name.
// counted hears how many there were.
func (s *Source) Rows(ctx context.Context, p *Project, open func(collection string) (io.WriteCloser, error), counted func(collection string, rows int64)) error {
	for _, c := range p.collections {
		if c.gone || !c.stored() {
			continue
		}
		w, err := open(c.full())
		if err != nil {
			return err
		}
		n, err := s.rows(ctx, c, w)
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
		counted(c.full(), n)
	}
	return nil
}

// rows streams one table.
func (s *Source) rows(ctx context.Context, c *collection, w io.Writer) (n int64, err error) {
	columns, wires, forms, key := c.exported()
	var sql string
	if err := s.tx.QueryRow(ctx, rowsSQL, c.table.Schema, c.table.Name, columns, wires, forms, key, c.table.Kind == "p").Scan(&sql); err != nil {
		return 0, failed(err)
	}
	rows, err := s.tx.Query(ctx, sql, pgx.QueryExecModeExec)
	if err != nil {
		return 0, failed(err)
	}
	defer rows.Close()
	out := bufio.NewWriterSize(w, 1<<16)
	var line bytes.Buffer
	for rows.Next() {
		line.Reset()
		if err := json.Compact(&line, rows.RawValues()[0]); err != nil { // a json column keeps its line breaks
			return n, err
		}
		line.WriteByte('\n')
		if _, err := out.Write(line.Bytes()); err != nil {
			return n, err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, failed(err)
	}
	return n, out.Flush()
}

// exported are the stored columns, what they are called in the file and the form of their values, and the columns of the key.
func (c *collection) exported() (columns, wires, forms, key []string) {
	for _, col := range c.table.Columns {
		f := c.columns[col.Name]
		if f.computed || f.field.gone {
			continue
		}
		shape := string(f.kind.form)
		if f.kind.list && f.kind.form != plain {
			shape += "s"
		}
		columns, wires, forms = append(columns, col.Name), append(wires, f.wire), append(forms, shape)
	}
	if k := c.table.key(); k != nil {
		for _, n := range k.Columns {
			key = append(key, c.table.column(n).Name)
		}
	}
	return columns, wires, forms, key
}
