package postgres

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/fault"
)

// connectTimeout is how long a connection may take to be made where the DSN does not say.
const connectTimeout = 5 * time.Second

// configure reads a DSN. Every session reads and prints instants in UTC; nothing else is set, for poolers refuse what they do
// not know.
func configure(dsn string, o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil { // its text quotes the DSN
		return nil, fault.New(fault.Unavailable, "the database's address%s cannot be read; it is postgres://user:password@host:5432/database, with ${NAME} for the password, and ?sslmode=… and the like", o.Source)
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["datestyle"] = "ISO"
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "socle"
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	config.ConnConfig.OnNotice = noticed
	switch {
	case o.Connections > 0:
		config.MaxConns = int32(o.Connections)
	case !strings.Contains(dsn, "pool_max_conns"):
		config.MaxConns = defaultConnections
	}
	naming(config, dsn)
	bounding(config, o.Patience)
	return config, nil
}

// warning is under what a connection keeps the last warning of its server.
const warning = "socle.warning"

// noticed keeps warnings: one during a commit says that nobody waits for the standby any more.
func noticed(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		c.CustomData()[warning] = error((*pgconn.PgError)(n))
	}
}

// connect opens a pool and looks at what is at its other end.
func connect(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, refused(config, err)
	}
	if err := inspect(ctx, pool); err != nil {
		pool.Close()
		return nil, refused(config, err)
	}
	return pool, nil
}

// oldest is the first version that has everything the dialect says.
const oldest = 150000

// facts are what has to be true of a database.
const facts = `SELECT current_setting('server_version_num'), current_setting('server_version'), pg_is_in_recovery(), ` +
	`coalesce(current_schema(), ''), pg_encoding_to_char(encoding), current_setting('default_transaction_read_only'), current_user FROM pg_database WHERE datname = current_database()`

// inspect refuses servers and databases that the product cannot work with.
func inspect(ctx context.Context, pool *pgxpool.Pool) error {
	c, err := acquire(ctx, pool)
	if err != nil {
		return err
	}
	l := &link{conn: c}
	defer l.release()
	var is [7]string
	_, err = l.run(ctx, facts, nil, func(row [][]byte) error {
		for i := range is {
			is[i] = string(row[i])
		}
		return nil
	})
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(is[0])
	switch {
	case version < oldest:
		return fault.New(fault.Unavailable, "the server is PostgreSQL %s; version %d or later is needed", is[1], oldest/10000)
	case is[2] == "t":
		return fault.New(fault.Unavailable, "the server is a read-only replica; `database:` names the primary, and replicas go under `database_replicas:`")
	case is[5] == "on":
		return fault.New(fault.Unavailable, "the user %q only reads where nothing else is said; ALTER ROLE %q SET default_transaction_read_only = off, or the same for the database", is[6], is[6])
	case is[3] != "public":
		return fault.New(fault.Unavailable, "new tables would go to the schema %q; set the role's search_path to public, and make sure that the schema is there", is[3])
	case is[4] != "UTF8":
		return fault.New(fault.Unavailable, "the database's encoding is %s; make it with ENCODING 'UTF8'", is[4])
	}
	return nil
}

// Refused says in one line why a connection of the driver's own could not be made, and what to do.
func Refused(config *pgx.ConnConfig, err error) error {
	return refused(&pgxpool.Config{ConnConfig: config}, err)
}

// refused says in one line why a database cannot be used, and what to do.
func refused(config *pgxpool.Config, err error) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	at := config.ConnConfig
	host := net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port)))
	why := func(format string, args ...any) error { return fault.New(fault.Unavailable, format, args...) }
	var server *pgconn.PgError
	var unknown *net.DNSError
	switch {
	case errors.As(err, &server):
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return why("there is no host %q; is it spelled right in `database:`, and known on this machine?", at.Host)
	case at.ValidateConnect != nil && strings.Contains(err.Error(), "ValidateConnect failed"):
		return why("PostgreSQL at %s answers, but no server of the address is what its target_session_attrs asks for; name the primary, or leave target_session_attrs out", host)
	default:
		return why("PostgreSQL at %s cannot be reached (%s); is it running, and is its address in `database:` right?", host, reason(err))
	}
	switch server.Code {
	case "28P01", "28000":
		return why("PostgreSQL at %s refuses the user %q (%s); look at user and password in `database:`, and at pg_hba.conf", host, at.User, server.Message)
	case "3D000":
		return why("PostgreSQL at %s has no database %q; make it: createdb %s", host, at.Database, at.Database)
	case "53300":
		if of, ok := strings.CutPrefix(server.Message, "too many connections for "); ok { // a limit of its own
			return why("PostgreSQL at %s lets no more connections to the %s; ALTER the %s with a higher CONNECTION LIMIT (-1: none), or lower `database_pool:`", host, of, of)
		}
		return why("PostgreSQL at %s has no connection left; raise its max_connections, or lower `database_pool:`", host)
	case "42501":
		return why("the user %q lacks a right in the database %q (%s); GRANT it, or make the user the database's owner", at.User, at.Database, server.Message)
	}
	return why("PostgreSQL at %s cannot be used: %s (%s)", host, server.Message, server.Code)
}

// reason is the innermost error: those around it repeat the address.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "it does not answer"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err.Error()
}
