package storetest

import (
	"github.com/socle-hq/socle/internal/sqlgen"
	postgresgen "github.com/socle-hq/socle/internal/sqlgen/postgres"
	sqlitegen "github.com/socle-hq/socle/internal/sqlgen/sqlite"
)

// dialects are the engines that a case shows the SQL of, by section.
var dialects = map[string]sqlgen.Dialect{"sqlite": sqlitegen.Dialect{}, "postgres": postgresgen.Dialect{}}
