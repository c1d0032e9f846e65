package sqlgen

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Held gives the number of the hold that keeps writes off, no row where there is none.
func Held() string {
	return `SELECT "taken" FROM ` + quoted(schema.SystemLeases) + ` WHERE "name" = 'move'`
}

// Exclusive changes nothing about the table of leases, and waits for every transaction that has looked at it.
func Exclusive() string {
	return "ALTER TABLE " + quoted(schema.SystemLeases) + ` ALTER COLUMN "taken" SET NOT NULL`
}

// Hold keeps writes off under a number, unless something does already.
func Hold(d Dialect, id int64) (Exec, error) {
	t := &text{d: d}
	t.add("INSERT INTO ", quoted(schema.SystemLeases), ` ("name", "taken") VALUES ('move', `).value(anInt, value.OfInt(id)).
		add(`) ON CONFLICT ("name") DO NOTHING`)
	return t.exec()
}

// Unhold takes the hold away.
func Unhold() string { return "DELETE FROM " + quoted(schema.SystemLeases) + ` WHERE "name" = 'move'` }
