package migrate

import (
	"context"
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// Record is what a database remembers of the last apply.
type Record struct {
	Version string          // of the declaration
	Keys    string          // fingerprint of the key set
	Catalog *schema.Catalog // the declaration, as far as it has a form in a database
}

// Applied reads a database's record; ok is false where nothing was ever applied.
func Applied(ctx context.Context, st store.Store) (r Record, ok bool, err error) {
	m, err := read(ctx, st)
	if err != nil || len(m) == 0 {
		return Record{}, false, err
	}
	c, err := schema.ReadDeclaration([]byte(m[metaDeclaration]))
	if err != nil {
		return Record{}, false, fault.New(fault.Unavailable, "the database's own description is damaged").Because(err)
	}
	return Record{m[metaVersion], m[metaKeys], c}, true, nil
}

// Adopt makes a database that was made with a key set as it was before a rotation one of the key set as it is now. keys are
// its fingerprints, the present one first.
func Adopt(ctx context.Context, st store.Store, keys []string) error {
	before := func(m metadata) bool { return m[metaKeys] != "" && slices.Contains(keys[1:], m[metaKeys]) }
	m, err := read(ctx, st)
	if err != nil || !before(m) {
		return err
	}
	return st.Write(ctx, func(tx store.Tx) error {
		m, err := readIn(ctx, tx)
		if err != nil || !before(m) {
			return err
		}
		return set(ctx, st, tx, metaKeys, keys[0])
	})
}
