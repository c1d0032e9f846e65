package postgres

import (
	"bytes"
	"context"
	"slices"

	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// question is what is asked of one state of the database at once, and what comes of it: a statement, or two in a transaction.
type question struct {
	ctx  context.Context // of who asks
	one  part
	more *part     // nil: one is all
	from *question // an equal one, which has been answered
	slow bool      // it leaves some connections to what is quick
}

// part is a statement that gives rows, and the rows as they come.
type part struct {
	statement
	rows  tuples
	wrong error // why they cannot be taken
}

// unfit is the error of rows that the server has given, and that cannot be taken.
type unfit struct{ error }

func (u unfit) Unwrap() error { return u.error }

func newQuestion(ctx context.Context, stmt *sqlgen.Stmt, args []any, on store.Scale) (*question, error) {
	q := &question{ctx: ctx}
	return q, q.one.is(stmt, args, on)
}

// and asks something else of the same state.
func (q *question) and(stmt *sqlgen.Stmt, args []any, on store.Scale) error {
	q.more = &part{}
	return q.more.is(stmt, args, on)
}

func (p *part) is(stmt *sqlgen.Stmt, args []any, on store.Scale) (err error) {
	p.rows = tuples{types: stmt.Types, weight: store.Weight{On: on}}
	p.statement = statement{sql: stmt.Text, formats: dialect.Formats(stmt.Types)}
	p.values, err = texts(args)
	return err
}

// wording is a question without its values.
type wording [2]string

func (q *question) wording() wording {
	if q.more == nil {
		return wording{q.one.sql}
	}
	return wording{q.one.sql, q.more.sql}
}

// plain is 1 for what needs no transaction, else 0.
func (q *question) plain() int {
	if q.more == nil {
		return 1
	}
	return 0
}

// batch is the question as it is sent; done is called after the last answer.
func (q *question) batch(done func() error) []statement {
	if q.more == nil {
		s := q.one.asked()
		s.done = done
		return []statement{s}
	}
	return []statement{{sql: beginReading}, q.one.asked(), q.more.asked(), {sql: "ROLLBACK", done: done}}
}

// again forgets what came of it.
func (q *question) again() {
	q.from = nil
	q.one.again()
	if q.more != nil {
		q.more.again()
	}
}

// equals reports whether another has the same answer.
func (q *question) equals(o *question) bool {
	return q.one.equals(&o.one) && (q.more == nil) == (o.more == nil) && (q.more == nil || q.more.equals(o.more))
}

// takes has the answers of a question that is equal, unless they are not whole.
func (q *question) takes(from *question) bool {
	return q.one.takes(&from.one) && (q.more == nil || q.more.takes(from.more))
}

// asked is the statement, whose rows are kept.
func (p *part) asked() statement {
	s := p.statement
	s.each = p.keep
	return s
}

// keep takes a row; one that cannot be taken is a matter of its own question.
func (p *part) keep(row [][]byte) error {
	if p.wrong == nil {
		p.wrong = taken(p.rows.add(row))
	}
	return nil
}

func (p *part) again() {
	p.rows, p.wrong = tuples{types: p.rows.types, weight: store.Weight{On: p.rows.weight.On}}, nil
}

func (p *part) equals(o *part) bool {
	return p.sql == o.sql && slices.EqualFunc(p.values, o.values, sameValue) && slices.Equal(p.rows.types, o.rows.types)
}

func sameValue(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) } // nil is NULL

func (p *part) takes(from *part) bool {
	if from.wrong != nil {
		return false
	}
	p.rows.all = slices.Clone(from.rows.all)
	p.wrong = taken(p.rows.weight.Add(len(p.rows.types)*len(p.rows.all), from.rows.bytes))
	return true
}

func taken(err error) error {
	if err != nil {
		return unfit{err}
	}
	return nil
}
