package postgres

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A connection that leads straight to a server keeps the statements it has carried out under names, so that they are parsed
// once, and planned as rarely as the server likes. Behind a pooler the next transaction may have another server connection,
// so that nothing is kept there. A pooler gives its clients process numbers of its own: where the number of the connection is
// not that of the process at its other end, there is one in between. The DSN's default_query_exec_mode decides instead where
// it is given: only cache_statement keeps names.

// Bounds of what one connection keeps: plans take memory at the server, and long statements are seldom alike.
const (
	mostNames   = 200
	longestName = 6000 // bytes of a statement's text
)

// names are the statements that one connection keeps.
type names struct {
	of   map[string]*pgconn.StatementDescription // by text; what a statement gives is not asked for again
	ring [mostNames]string                       // texts, in the order in which they came
	made int

	making map[string]string // texts of the batch that is being sent → names
}

// namesKey is where a connection holds its names.
const namesKey = "socle names"

// naming sets up connections of a pool to keep names where they can.
func naming(config *pgxpool.Config, dsn string) {
	given := strings.Contains(dsn, "default_query_exec_mode")
	if given && config.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return
	}
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		direct, err := given, error(nil)
		if !given {
			direct, err = isDirect(ctx, c.PgConn())
		}
		if err == nil && direct {
			c.PgConn().CustomData()[namesKey] = &names{of: map[string]*pgconn.StatementDescription{}}
		}
		return err
	}
}

// isDirect reports whether nothing is between the connection and its server.
func isDirect(ctx context.Context, c *pgconn.PgConn) (direct bool, err error) {
	_, err = drain(c.ExecParams(ctx, "SELECT pg_backend_pid()", nil, nil, nil, nil), func(row [][]byte) error {
		direct = string(row[0]) == strconv.FormatUint(uint64(c.PID()), 10)
		return nil
	})
	return direct, err
}

// namesOf is what a connection keeps; nil where it keeps nothing.
func namesOf(c *pgconn.PgConn) *names {
	n, _ := c.CustomData()[namesKey].(*names)
	return n
}

// known is the statement that has a name and this text, nil where none has.
func (n *names) known(sql string) *pgconn.StatementDescription {
	if n == nil {
		return nil
	}
	return n.of[sql]
}

// coming is the name that a statement has got in the batch that is being sent, "" where it has none there.
func (n *names) coming(sql string) string {
	if n == nil {
		return ""
	}
	return n.making[sql]
}

// sent says that a batch is complete.
func (n *names) sent() {
	if n != nil {
		n.making = nil
	}
}

// next is the name that a statement will have and, where there are too many, the one that is to go; "" for one that gets none.
func (n *names) next(sql string) (name, goes string) {
	if n == nil || len(sql) > longestName {
		return "", ""
	}
	at := n.made % mostNames
	if old := n.ring[at]; old != "" {
		goes, n.ring[at] = n.of[old].Name, ""
		delete(n.of, old)
	}
	n.made++
	name = "s" + strconv.Itoa(n.made)
	if n.making == nil {
		n.making = map[string]string{}
	}
	n.making[sql] = name
	return name, goes
}

// keep says that the server has the statement under the name, which next has given.
func (n *names) keep(sql, name string, made *pgconn.StatementDescription) {
	number, _ := strconv.Atoi(name[1:])
	made.Name = name
	n.of[sql], n.ring[(number-1)%mostNames] = made, sql
}

// A statement that is about given keys has one good plan, whatever the keys. The server does not see that: it takes every list
// to be longer than it is and so plans anew each time, which costs more than the statement. Other statements are left to it,
// for values and limits matter to them.
const (
	planOnce   = "SET LOCAL plan_cache_mode = force_generic_plan"
	planFreely = "SET LOCAL plan_cache_mode = auto"
)

// planning has the next statement of a transaction planned once for all keys, or as the server likes. A connection that keeps no
// names is not told.
func (l *link) planning(once bool) {
	if l.once == once {
		return
	}
	l.once = once
	sql := planFreely
	if once {
		sql = planOnce
	}
	l.waiting = append(l.waiting, statement{sql: sql})
}

func isPlanning(s statement) bool { return s.sql == planOnce || s.sql == planFreely }

// replan lets the server plan statements for their values again after one that was not. An INSERT has but one plan, and what
// goes back to a savepoint bears nothing before it.
func (l *link) replan(sql string) {
	for _, verb := range [...]string{"SELECT", "UPDATE", "DELETE", "WITH"} {
		if strings.HasPrefix(sql, verb) {
			l.planning(false)
			return
		}
	}
}

// isForgotten reports that a name does not mean what it did: the schema has changed since, or a pooler that shows nothing of
// itself has changed the server connection.
func isForgotten(err error) bool {
	switch codeOf(err) {
	case "26000", "42P05":
		return true
	case "0A000":
		return strings.Contains(err.Error(), "cached plan must not change result type")
	}
	return false
}
