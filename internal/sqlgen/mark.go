package sqlgen

import (
	"slices"
	"strconv"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Mark puts a transaction's own row beside what it writes. It fails where the row is there already.
func Mark(d Dialect, name string, at int64) (Exec, error) {
	t := &text{d: d}
	t.add("INSERT INTO ", quoted(schema.SystemLeases), ` ("name", "taken") VALUES (`).value(aText, value.OfText(name)).
		add(", ").value(anInt, value.OfInt(at)).add(")")
	return t.exec()
}

// MarkUnless is Mark in a transaction that is to fail where writes are held off, and where the query that unless is finds a row.
// Its number cannot be read then.
func MarkUnless(d Dialect, name string, at int64, unless Exec) (Exec, error) {
	t := &text{d: d, args: slices.Clone(unless.Args)}
	t.add("INSERT INTO ", quoted(schema.SystemLeases), ` ("name", "taken") SELECT `).value(aText, value.OfText(name)).
		add(", CAST(CASE WHEN EXISTS (", Held(), ")")
	if unless.Text != "" {
		t.add(" OR EXISTS (", unless.Text, ")")
	}
	t.add(" THEN 'refused' ELSE ").value(aText, value.OfText(strconv.FormatInt(at, 10))).add(" END AS bigint)")
	return t.exec()
}

// Unless makes a transaction fail where a query finds a row.
func Unless(query Exec) Exec {
	query.Text = "SELECT CAST(CASE WHEN EXISTS (" + query.Text + ") THEN 'refused' ELSE '0' END AS bigint)"
	return query
}

// Preempt waits until a transaction that makes a mark has ended, and keeps one that has not made it from ever being kept.
func Preempt(d Dialect, name string, at int64) (Exec, error) {
	e, err := Mark(d, name, -at)
	e.Text += ` ON CONFLICT ("name") DO NOTHING`
	return e, err
}

// Marked gives when a mark was made, below zero where it was preempted. It writes, so that it is as durable as what it saw.
func Marked(d Dialect, name string) (Exec, error) {
	t := &text{d: d}
	t.add("UPDATE ", quoted(schema.SystemLeases), ` SET "taken" = "taken" WHERE "name" = `).value(aText, value.OfText(name)).
		add(` RETURNING "taken"`)
	return t.exec()
}

// Unmark takes marks away that nobody will ask for.
func Unmark(d Dialect, names []string) (Exec, error) {
	t := &text{d: d}
	t.add("DELETE FROM ", quoted(schema.SystemLeases), ` WHERE "name" IN (`)
	for i, name := range names {
		if i > 0 {
			t.add(", ")
		}
		t.value(aText, value.OfText(name))
	}
	t.add(")")
	return t.exec()
}

// UnmarkUntil takes marks of long ago away, of nodes that ended before they could.
func UnmarkUntil(d Dialect, at int64) (Exec, error) {
	t := &text{d: d}
	t.add("DELETE FROM ", quoted(schema.SystemLeases), ` WHERE "name" LIKE '`+MarkPrefix+`%' AND "taken" BETWEEN `).
		value(anInt, value.OfInt(-at)).add(" AND ").value(anInt, value.OfInt(at))
	return t.exec()
}

// MarkPrefix is how the names of marks begin.
const MarkPrefix = "mark:"
