package transfer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// Mark is how far an import is. It is kept in the database with the rows that it counts. A source continues an import where its
// first At bytes are the same; what comes after them may have been corrected.
type Mark struct {
	ID     int64  `json:"id"`     // µs since 1970 when it began
	At     int64  `json:"at"`     // bytes that are dealt with
	Sum    string `json:"sum"`    // their SHA-256
	Line   int    `json:"line"`   // lines that are dealt with
	Rows   int64  `json:"rows"`   // rows written
	Bad    int64  `json:"bad"`    // rows left out because they are wrong
	Ended  bool   `json:"ended"`  // the source was read to its end
	Linked bool   `json:"linked"` // the second pass is under way: At, Sum and Line are its own
	Wait   bool   `json:"wait"`   // rows wait for their references
	Late   int64  `json:"late"`   // where the first of them is, in bytes
	Lost   []int  `json:"lost"`   // lines from there on that were left out
	Second int64  `json:"second"` // rows whose references are in
}

// maxMarks is how many imports of one collection are remembered, and maxLost how many of an import's lines.
const (
	maxMarks = 16
	maxLost  = 10_000
)

// Marks are the imports of a collection that have not ended.
func Marks(ctx context.Context, st store.Store, c *schema.Collection) (out []Mark, err error) {
	err = st.Write(ctx, func(tx store.Tx) error {
		out, err = marks(ctx, st, tx, c)
		return err
	})
	return out, err
}

func marks(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection) ([]Mark, error) {
	text, err := migrate.Imports(ctx, st, tx, c)
	if err != nil || text == "" {
		return nil, err
	}
	var out []Mark
	return out, json.Unmarshal([]byte(text), &out)
}

// keep puts a mark in the place of the one before, which must be where this run left it; the oldest go where there are too many.
func keep(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection, before, m Mark) error {
	list, err := marks(ctx, st, tx, c)
	if err != nil {
		return err
	}
	for _, o := range list {
		begins := before.Linked && before.Sum == "" && !o.Linked // the second pass, after the end of the first
		if o.ID == m.ID && !begins && (o.At != before.At || o.Sum != before.Sum) {
			return fault.New(fault.Unavailable, "another run of this import is under way").WithHint("run it again when that has ended")
		}
	}
	list = append(slices.DeleteFunc(list, func(o Mark) bool { return o.ID == m.ID }), m)
	slices.SortFunc(list, func(a, b Mark) int { return cmp.Compare(a.ID, b.ID) })
	return note(ctx, st, tx, c, list[max(0, len(list)-maxMarks):])
}

func note(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection, list []Mark) error {
	if len(list) == 0 {
		return migrate.NoteImports(ctx, st, tx, c, "")
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return migrate.NoteImports(ctx, st, tx, c, string(text))
}

// Forget takes away the mark of an import that has ended.
func Forget(ctx context.Context, st store.Store, c *schema.Collection, id int64) error {
	return st.Write(ctx, func(tx store.Tx) error {
		list, err := marks(ctx, st, tx, c)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(list), func(o Mark) bool { return o.ID == id })
		if len(left) == len(list) {
			return nil
		}
		return note(ctx, st, tx, c, left)
	})
}

// Matching is the import that a source continues: the one that is furthest. ok is false where it continues none.
func Matching(r io.Reader, of []Mark) (m Mark, ok bool, err error) {
	of = slices.Clone(of)
	slices.SortFunc(of, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	h, at := sha256.New(), int64(0)
	for _, o := range of {
		n, err := io.CopyN(h, r, o.At-at)
		if at += n; err == io.EOF {
			return m, ok, nil
		}
		if err != nil {
			return m, ok, err
		}
		if sum(h) == o.Sum && (o.At > 0 || o.Wait) {
			m, ok = o, true
		}
	}
	return m, ok, nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
