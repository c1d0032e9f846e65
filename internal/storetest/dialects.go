package storetest

import (
	"github.com/socle-hq/socle/internal/sqlgen"
	sqlitegen "github.com/socle-hq/socle/internal/sqlgen/sqlite"
)

var sqliteDialect sqlgen.Dialect = sqlitegen.Dialect{}
