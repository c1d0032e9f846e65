package postgres

import (
	"strconv"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Convert is value.Cast. A text is looked at before PostgreSQL reads it; a number's range is tested as numeric.
func (Dialect) Convert(b *sqlgen.Builder, e *ir.Convert) string {
	x, from := b.Expr(e.X), e.X.Type()
	switch {
	case from.List != e.To.List:
		return canonical(x)
	case from.List:
		return x
	case e.To.Kind == value.Text:
		return "((" + toText(x, from) + ")" + collate + ")"
	case from.Kind == value.Text:
		return fromText(x, e.To)
	case from.Kind == value.JSON && e.To.Kind != value.JSON:
		x = "(SELECT CASE WHEN jsonb_typeof(j.v) = 'number' THEN (j.v #>> '{}')::numeric END FROM (SELECT " + x + " AS v) AS j)"
		return fromNumber(x, value.Type{Kind: value.Decimal}, e.To)
	}
	return between(x, from, e.To)
}

// between converts numbers, and dates and timestamps.
func between(x string, from, to value.Type) string {
	switch {
	case from.Kind == value.Date && to.Kind == value.Timestamp:
		return midnight(x)
	case from.Kind == value.Timestamp && to.Kind == value.Date:
		return "((" + x + ") AT TIME ZONE 'UTC')::date"
	case from.Kind == value.Bool && to.Kind == value.Int:
		return "(" + x + ")::int::bigint"
	case from.Kind == to.Kind && to.Kind != value.Decimal:
		return x
	}
	return fromNumber(x, from, to)
}

// roundedFloat is a double rounded half away from zero, as a bigint where it fits.
const roundedFloat = "(SELECT CASE WHEN r.v >= -9223372036854775808::float8 AND r.v < 9223372036854775808::float8 THEN r.v::bigint END" +
	" FROM (SELECT trunc(f.v) + CASE WHEN abs(f.v - trunc(f.v)) >= 0.5 THEN sign(f.v) ELSE 0 END AS v FROM (SELECT {x} AS v) AS f) AS r)"

// nearestFloat is a numeric's nearest double, NULL where it is too large.
const nearestFloat = "(SELECT CASE WHEN abs(n.v) < {tiny} THEN 0::float8 WHEN abs(n.v) < {huge} THEN n.v::float8 END FROM (SELECT {x} AS v) AS n)"

// The bounds between which a decimal's nearest double is neither 0 nor infinite: half the least and the greatest.
const (
	tiny = "2.5e-324"
	huge = "1.797693134862315807e308"
)

func fromNumber(x string, from, to value.Type) string {
	switch {
	case to.Kind == value.Int && from.Kind == value.Float:
		return fill(roundedFloat, "x", x)
	case to.Kind == value.Int:
		return fill(inInt, "v", "round(("+x+")::numeric)")
	case to.Kind == value.Float && from.Kind == value.Int:
		return "(" + x + ")::float8"
	case to.Kind == value.Float:
		return fill(nearestFloat, "x", x, "tiny", tiny, "huge", huge)
	case from.Kind == value.Float:
		x = "(" + x + ")::text::numeric"
	}
	return fit("("+x+")::numeric", to)
}

// fit rounds a numeric to a decimal type, NULL where it has too many digits.
func fit(x string, to value.Type) string {
	if to.Precision == 0 {
		return x
	}
	return "(SELECT CASE WHEN abs(d.v) < 1e" + strconv.Itoa(int(to.Precision)-int(to.Scale)) + " THEN d.v END FROM (SELECT round(" +
		x + ", " + strconv.Itoa(int(to.Scale)) + ") AS v) AS d)"
}

// toText is value.AppendText.
func toText(x string, from value.Type) string {
	switch from.Kind {
	case value.JSON:
		return canonical(x)
	case value.Date:
		return "to_char(" + x + ", 'YYYY-MM-DD')"
	case value.Timestamp:
		return "rtrim(rtrim(to_char((" + x + ") AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || '+00:00'"
	case value.Decimal:
		if from.Precision > 0 { // adding a zero gives at least its scale
			return "(" + x + " + round(0, " + strconv.Itoa(int(from.Scale)) + "))::text"
		}
	case value.Bytes:
		return "translate(encode(" + x + `, 'base64'), E'\n', '')`
	}
	return "(" + x + ")::text"
}

const (
	wholeNumber = `'^[+-]?[0-9]+$'`
	anyNumber   = `'^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,3})?$'`
	uuidText    = `'^([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$|^\{([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}\}$'`
	dateText    = `'^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])` +
		`(?:[Tt ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)? *(?:[Zz]|([+-])(0[0-9]|1[0-5])(?::?([0-5][0-9]))?)?)?$'`
)

// number is a trimmed text in which a zero has no exponent too large to be read.
func number(x string) string {
	return `regexp_replace(` + trimmed(x) + `, '^([+-]?(?:0+\.?0*|\.0+))[eE][+-]?[0-9]{4,}$', '\1')`
}

// trimmed is a text without the spaces that package value ignores.
func trimmed(x string) string { return `btrim(` + x + `, E' \t\n\r\v\f')` }

// fromText reads a text that has the form of its target; NULL otherwise.
func fromText(x string, to value.Type) string {
	guarded := func(pattern, then, x string) string {
		return "(SELECT CASE WHEN char_length(s.v) < 1000 AND s.v ~ " + pattern + " THEN " + then + " END FROM (SELECT " + x + " AS v) AS s)"
	}
	switch to.Kind {
	case value.Int:
		return fill(inInt, "v", guarded(wholeNumber, "s.v::numeric", trimmed(x)))
	case value.Decimal:
		return fit(fill(boundedDigits, "v", guarded(anyNumber, "s.v::numeric", number(x))), to)
	case value.Float:
		return fill(floatText, "v", guarded(anyNumber, "s.v::numeric", number(x)), "tiny", tiny, "huge", huge)
	case value.UUID:
		return guarded(uuidText, "s.v::uuid", x)
	case value.Date, value.Timestamp:
		return instant(trimmed(x), to)
	}
	return "NULL::" + typeName(computed(to))
}

// boundedDigits is a numeric of at most value.MaxDigits digits.
const boundedDigits = "(SELECT CASE WHEN n.v = 0 OR scale(n.v) <= 400 AND abs(n.v) < 1e400 AND abs(n.v) * ('1e' || scale(n.v))::numeric < 1e400" +
	" THEN n.v END FROM (SELECT {v} AS v) AS n)"

// floatText is as nearestFloat, but a text that is not 0 must not become it.
const floatText = "(SELECT CASE WHEN n.v = 0 THEN 0::float8 WHEN abs(n.v) >= {tiny} AND abs(n.v) < {huge} THEN n.v::float8 END" +
	" FROM (SELECT {v} AS v) AS n)"

// instant takes a text apart, tests its date against the calendar and adds up µs.
func instant(x string, to value.Type) string {
	parts := "(SELECT regexp_match(s.v, " + dateText + ") AS m FROM (SELECT " + x + " AS v) AS s) AS p"
	day := "make_date(p.m[1]::int, p.m[2]::int, 1)"
	valid := "p.m[1] <> '0000' AND p.m[3]::int <= extract(day FROM " + day + " + interval '1 month' - interval '1 day')"
	days := "(" + day + " + p.m[3]::int - 1)"
	clock := "((coalesce(p.m[4], '0')::int * 60 + coalesce(p.m[5], '0')::int) * 60 + coalesce(p.m[6], '0')::int) * 1000000::numeric" +
		" + floor((rpad(coalesce(p.m[7], '0'), 9, '0')::numeric + 500) / 1000)"
	zone := "(CASE p.m[8] WHEN '-' THEN -1 ELSE 1 END * (coalesce(p.m[9], '0')::int * 60 + coalesce(p.m[10], '0')::int) * 60000000::numeric)"
	total := "(" + days + " - date '1970-01-01')::numeric * 86400000000 + " + clock + " - " + zone
	us := "(SELECT CASE WHEN " + valid + " THEN " + total + " END FROM " + parts + ")"
	if to.Kind == value.Timestamp {
		return fromMicros(us)
	}
	inRange := "(SELECT CASE WHEN t.v BETWEEN " + strconv.Itoa(value.MinTimestamp) + " AND " + strconv.Itoa(value.MaxTimestamp) +
		" THEN t.d END FROM (SELECT CASE WHEN " + valid + " THEN " + total + " END AS v, CASE WHEN " + valid + " THEN " + days +
		" END AS d FROM " + parts + ") AS t)"
	return inRange
}
