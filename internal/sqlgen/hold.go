package sqlgen

import (
	"strconv"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// MetaHold is the member of the metadata that keeps writes off. Every write looks for it, and hardly any writes there, so that
// looks are in nobody's way.
const MetaHold = "hold"

// Held gives the number of the hold that keeps writes off, no row where there is none.
func Held() string {
	return `SELECT "value" FROM ` + quoted(schema.SystemMeta) + ` WHERE "key" = 'hold'`
}

// Exclusive changes nothing about the table of metadata, and waits for every transaction that has looked at it.
func Exclusive() string {
	return "ALTER TABLE " + quoted(schema.SystemMeta) + ` ALTER COLUMN "value" SET NOT NULL`
}

// Hold keeps writes off under a number, unless something does already.
func Hold(d Dialect, id int64) (Exec, error) {
	t := &text{d: d}
	t.add("INSERT INTO ", quoted(schema.SystemMeta), ` ("key", "value") VALUES ('hold', `).
		value(aText, value.OfText(strconv.FormatInt(id, 10))).add(`) ON CONFLICT ("key") DO NOTHING`)
	return t.exec()
}

// Unhold takes the hold away.
func Unhold() string { return "DELETE FROM " + quoted(schema.SystemMeta) + ` WHERE "key" = 'hold'` }
