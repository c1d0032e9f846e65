package fault

import (
	"slices"
	"strings"
)

// Code is a PostgREST code (PGRST…) or a five-character SQLSTATE. The set is closed: a code that is not listed
// here has no status and is answered as 500.
type Code string

// Codes of the data API. The names say what the caller did or met; https://docs.postgrest.org (errors) and
// PostgreSQL's appendix A are the sources of the values.
const (
	Unavailable        Code = "PGRST000" // the database cannot be reached
	PoolTimeout        Code = "PGRST003"
	Parse              Code = "PGRST100"
	MethodNotAllowed   Code = "PGRST101"
	InvalidBody        Code = "PGRST102"
	InvalidRange       Code = "PGRST103"
	InvalidPut         Code = "PGRST105"
	UnknownNamespace   Code = "PGRST106"
	NotAcceptable      Code = "PGRST107"
	NotEmbedded        Code = "PGRST108"
	PutLimit           Code = "PGRST114"
	PutKey             Code = "PGRST115"
	NotSingular        Code = "PGRST116"
	OrderNotToOne      Code = "PGRST118"
	EmbedFilter        Code = "PGRST120"
	InvalidPreference  Code = "PGRST122"
	AggregatesOff      Code = "PGRST123"
	MaxAffected        Code = "PGRST124"
	InvalidPath        Code = "PGRST125"
	NoRoot             Code = "PGRST126"
	NotImplemented     Code = "PGRST127"
	NoRelation         Code = "PGRST200"
	AmbiguousRelation  Code = "PGRST201"
	NoFunction         Code = "PGRST202"
	UnknownBodyColumn  Code = "PGRST204"
	UnknownCollection  Code = "PGRST205"
	NoKeySet           Code = "PGRST300"
	InvalidToken       Code = "PGRST301"
	AnonymousForbidden Code = "PGRST302"
	InvalidClaims      Code = "PGRST303"
	Internal           Code = "PGRSTX00"
	IdempotencyReuse   Code = "PGRSTX01" // an idempotency key came again with another request

	Denied              Code = "42501"
	UnknownColumn       Code = "42703"
	UndefinedOperator   Code = "42883"
	InvalidConflict     Code = "42P10"
	NotNull             Code = "23502"
	ForeignKeyViolation Code = "23503"
	UniqueViolation     Code = "23505"
	CheckViolation      Code = "23514"
	Cardinality         Code = "21000"
	OutOfRange          Code = "22003"
	TooLong             Code = "22001"
	NullInList          Code = "22004"
	InvalidDate         Code = "22007"
	DateOverflow        Code = "22008"
	InvalidEscape       Code = "22025"
	InvalidText         Code = "22P02"
	InvalidEncoding     Code = "22021"
	InvalidUnicode      Code = "22P05"
	InvalidRegex        Code = "2201B"
	Exhausted           Code = "2200H" // a generator has no number left
	TooComplex          Code = "54001" // a request over one of the limits
	TooLarge            Code = "54000" // a body over one of the limits; with 400, values too long for an index
	Timeout             Code = "57014"
	DiskFull            Code = "53100"
	ReadOnly            Code = "25006"
	GroupingError       Code = "42803"
	DatatypeMismatch    Code = "42804"
	UndefinedObject     Code = "42704"
	Syntax              Code = "42601" // of a text search
)

var statuses = map[Code]int{
	Unavailable: 503, PoolTimeout: 504, "PGRST001": 503, "PGRST002": 503,
	Parse: 400, MethodNotAllowed: 405, InvalidBody: 400, InvalidRange: 416, InvalidPut: 405,
	UnknownNamespace: 406, NotAcceptable: 406, NotEmbedded: 400, PutLimit: 400, PutKey: 400,
	NotSingular: 406, OrderNotToOne: 400, EmbedFilter: 400, InvalidPreference: 400, AggregatesOff: 400,
	MaxAffected: 400, InvalidPath: 404, NoRoot: 404, NotImplemented: 400,
	NoRelation: 400, AmbiguousRelation: 300, NoFunction: 404, UnknownBodyColumn: 400, UnknownCollection: 404,
	NoKeySet: 500, InvalidToken: 401, AnonymousForbidden: 401, InvalidClaims: 401, Internal: 500,
	Denied: 403, UnknownColumn: 400, UndefinedOperator: 400, InvalidConflict: 400, NotNull: 400,
	ForeignKeyViolation: 409, UniqueViolation: 409, CheckViolation: 400, Cardinality: 400,
	TooComplex: 400, TooLarge: 413, Timeout: 504, DiskFull: 507, ReadOnly: 405, GroupingError: 400, Syntax: 400,
	DatatypeMismatch: 400, UndefinedObject: 400, IdempotencyReuse: 422,
}

// values are the codes of class 22, which are all answered as 400.
var values = []Code{OutOfRange, TooLong, NullInList, InvalidDate, DateOverflow, InvalidEscape, InvalidText, InvalidEncoding, InvalidUnicode, InvalidRegex}

// Codes lists every code, in order.
func Codes() []Code {
	out := slices.Clone(values)
	for c := range statuses {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// Status maps a code to its HTTP status. Class 22 is always 400. 42501 is 403 here; the transport answers 401
// where the actor is anonymous.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	if strings.HasPrefix(string(c), "22") {
		return 400
	}
	return 500
}
