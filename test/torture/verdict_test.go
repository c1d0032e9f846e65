package torture

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/socle-hq/socle/internal/store/sqlite"
)

// verdict is all in a project's database that contradicts what the client knows.
type verdict struct {
	db    *sql.DB
	known log
	found []string
}

// examine looks at the database of a data directory, beside whoever has it open.
func examine(data string, known log) ([]string, error) {
	db, err := sqlite.OpenReadOnly(context.Background(), data)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer db.Close()
	v := &verdict{db: db, known: known}
	for _, look := range []func() error{v.entries, v.writers, v.together, v.sound} {
		if err := look(); err != nil {
			return v.found, err
		}
	}
	return v.found, nil
}

func (v *verdict) say(format string, args ...any) {
	v.found = append(v.found, fmt.Sprintf(format, args...))
}

// each calls f for every row of integers.
func (v *verdict) each(query string, f func(n []int64)) error {
	rows, err := v.db.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	n, into := make([]int64, len(names)), make([]any, len(names))
	for i := range n {
		into[i] = &n[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		f(n)
	}
	return rows.Err()
}

// entries: every write is there whole or not at all, and what was acknowledged is.
func (v *verdict) entries() error {
	kept, unknown := log{}, map[int64]int{}
	err := v.each("SELECT write, count(*), min(parts), max(parts), count(DISTINCT part), max(writer_id) FROM entries GROUP BY write", func(n []int64) {
		id, parts := n[0], partsOf(n[0])
		kept[id] = true
		if n[1] != parts || n[2] != parts || n[3] != parts || n[4] != parts || n[5] != writerOf(id) {
			v.say("write %d: %d of %d rows, %v", id, n[1], parts, n)
		}
		if !v.known[id] {
			unknown[id/perRound]++
		}
	})
	for id := range v.known {
		if partsOf(id) > 0 && !kept[id] {
			v.say("write %d was acknowledged and is lost", id)
		}
	}
	for round, n := range unknown { // a writer waits for one answer before it asks again
		if n > writers {
			v.say("round %d: %d writes nobody knows of, by %d writers", round, n, writers)
		}
	}
	return err
}

// writers: the last number of each is that of its last transaction, and its row was changed as often as was acknowledged.
func (v *verdict) writers() error {
	patches := map[int64]int64{} // the last that was acknowledged
	for id := range v.known {
		if kindOf(id) == patched {
			patches[writerOf(id)] = max(patches[writerOf(id)], id)
		}
	}
	seen := 0
	err := v.each(fmt.Sprintf(`SELECT id, last, patched, COALESCE((SELECT max(write) FROM entries WHERE writer_id = writers.id AND write %% %d IN (%d, %d)), 0)
		FROM writers`, kinds, together, keyedTogether), func(n []int64) {
		seen++
		if n[1] != n[3] {
			v.say("writer %d: a transaction is there by half: the last by its row is %d, by the entries %d", n[0], n[1], n[3])
		}
		if n[2] < patches[n[0]] || n[2] != 0 && (kindOf(n[2]) != patched || writerOf(n[2]) != n[0]) {
			v.say("writer %d: the last change is %d, acknowledged was %d", n[0], n[2], patches[n[0]])
		}
	})
	if seen != writers && len(v.known) > 0 {
		v.say("%d writers of %d", seen, writers)
	}
	return err
}

// together: what one transaction writes beside the rows is there with them.
func (v *verdict) together() error {
	const entry = "collection = 'entries' AND old IS NULL"
	for what, query := range map[string]string{
		"entries without their line in the change log": "SELECT count(*) FROM entries WHERE '[' || id || ']' NOT IN (SELECT key FROM _socle_changes WHERE " + entry + ")",
		"lines of the change log more than entries":    "SELECT (SELECT count(*) FROM _socle_changes WHERE " + entry + ") - (SELECT count(*) FROM entries)",
		"entries that no search finds":                 `SELECT (SELECT count(*) FROM entries) - (SELECT count(*) FROM "_fts_entries" WHERE "_fts_entries" MATCH 'every:"row"')`,
		"numbers that will be given twice":             "SELECT count(*) FROM entries WHERE id > (SELECT max(last) FROM _socle_identity WHERE name LIKE '%entries%')",
		"keys without an answer":                       "SELECT count(*) FROM _socle_idempotency WHERE answer = ''",
		"keys without their rows": fmt.Sprintf(`SELECT count(*) FROM _socle_idempotency WHERE key %% %d <> %d
			AND CAST(key AS INTEGER) NOT IN (SELECT write FROM entries)`, kinds, patched),
		"rows without their keys": fmt.Sprintf(`SELECT count(DISTINCT write) FROM entries WHERE write %% %d IN (%d, %d)
			AND '' || write NOT IN (SELECT key FROM _socle_idempotency)`, kinds, keyed, keyedTogether),
	} {
		if err := v.each(query, func(n []int64) {
			if n[0] != 0 {
				v.say("%d %s", n[0], what)
			}
		}); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// sound: the engine finds no damage and no reference that leads nowhere.
func (v *verdict) sound() error {
	var said string
	if err := v.db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		v.say("integrity: %s", said)
	}
	return v.each("SELECT count(*) FROM pragma_foreign_key_check", func(n []int64) {
		if n[0] != 0 {
			v.say("%d references lead nowhere", n[0])
		}
	})
}
