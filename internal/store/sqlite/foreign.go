package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// OpenReadOnly opens a data directory's database for statements that are not the product's, also beside the process that has it. The
// file cannot be written by it, and no other can be attached or made.
func OpenReadOnly(ctx context.Context, dir string) (*sql.DB, error) {
	path, err := filepath.Abs(File(dir))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(readOnly{(&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"}).String()})
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1) // the limit below is the connection's
	c, err := db.Conn(ctx)
	if err == nil {
		_, err = sqlite.Limit(c, lib.SQLITE_LIMIT_ATTACHED, 0)
	}
	if err == nil {
		err = c.PingContext(ctx)
	}
	if err == nil {
		err = c.Close()
	}
	if err != nil {
		db.Close()
		return nil, unusable(path, err)
	}
	return db, nil
}

// readOnly connects with the product's own functions and collations.
type readOnly struct{ name string }

func (r readOnly) Connect(context.Context) (driver.Conn, error) { return engine().Open(r.name) }
func (r readOnly) Driver() driver.Driver                        { return engine() }
