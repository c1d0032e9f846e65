package rest

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

var castNames = map[string]value.Kind{
	"text": value.Text, "varchar": value.Text, "character varying": value.Text,
	"int": value.Int, "integer": value.Int, "bigint": value.Int, "smallint": value.Int, "int2": value.Int, "int4": value.Int, "int8": value.Int,
	"decimal": value.Decimal, "numeric": value.Decimal,
	"float": value.Float, "float4": value.Float, "float8": value.Float, "real": value.Float, "double precision": value.Float,
	"bool": value.Bool, "boolean": value.Bool, "date": value.Date, "uuid": value.UUID,
	"timestamp": value.Timestamp, "timestamptz": value.Timestamp,
	"json": value.JSON, "jsonb": value.JSON,
}

// foreignCasts are PostgreSQL's types that the profile leaves out; any other name is no type at all.
const foreignCasts = "bit bytea box char character cidr circle hstore inet interval line lseg ltree macaddr money name oid path " +
	"point polygon regclass time timetz tsquery tsvector varbit xml int4range int8range numrange tsrange tstzrange daterange"

// castTo is the type a cast names, nil for "".
func castTo(name string) (*value.Type, error) {
	if name == "" {
		return nil, nil
	}
	lower := strings.ToLower(name)
	if kind, ok := castNames[lower]; ok {
		return &value.Type{Kind: kind}, nil
	}
	if listed(foreignCasts, lower) {
		return nil, unsupported("a cast to " + lower + " is not in the profile")
	}
	return nil, fault.New(fault.UndefinedObject, "type \"%s\" does not exist", name)
}
