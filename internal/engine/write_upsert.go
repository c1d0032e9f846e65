package engine

import (
	"sort"

	"github.com/socle-hq/socle/internal/fault"
)

// upsert inserts the rows whose key is new. The others are updated or, where duplicates are ignored, left out. It gives the
// rows that were written, in input order, and how many of them are new.
func (x *writing) upsert(rows []image) ([]image, int64, error) {
	if err := x.twice(rows); err != nil {
		return nil, 0, err
	}
	fresh := make([]bool, len(rows))
	if err := x.absent(rows, fresh); err != nil {
		return nil, 0, err
	}
	var written, added []image
	var others []int
	for i := range rows {
		switch {
		case fresh[i]:
			added = append(added, rows[i])
		case x.anticipated(rows[i], x.w.On.Key):
			return nil, 0, overtaken{}
		default:
			others = append(others, i)
		}
	}
	if err := x.logAll(nil, added); err != nil {
		return nil, 0, err
	}
	if !x.w.On.Merge {
		return added, int64(len(added)), nil
	}
	merged, err := x.merge(rows, others)
	if err != nil {
		return nil, 0, err
	}
	for i := range rows {
		if fresh[i] {
			written = append(written, rows[i])
		} else {
			written = append(written, merged[i])
		}
	}
	return written, int64(len(added)), nil
}

// twice refuses a key that a merging payload has twice.
func (x *writing) twice(rows []image) error {
	if !x.w.On.Merge {
		return nil
	}
	seen := map[string]bool{}
	for _, t := range projected(rows, x.w.On.Key) {
		if hasNull(t) {
			continue
		}
		id := identityText(t)
		if seen[id] {
			return fault.New(fault.Cardinality, "ON CONFLICT DO UPDATE command cannot affect row a second time").
				WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
		}
		seen[id] = true
	}
	return nil
}

// absent inserts the rows whose conflict key nobody has, and marks them. Of rows of the payload with one key the first goes in.
func (x *writing) absent(rows []image, fresh []bool) error {
	at := 0
	return x.chunks(rows, func(chunk []image) error {
		from := at
		at += len(chunk)
		return further(x.attempt(func() error {
			given, err := x.put(chunk, x.w.On.Key)
			if err != nil {
				return err
			}
			in := map[string]int{}
			for _, key := range given {
				in[identityText(key)]++
			}
			for i := range chunk {
				if id := identityText(chunk[i].key); in[id] > 0 {
					in[id]--
					fresh[from+i] = true
				}
			}
			return nil
		}, func() error { return x.refusal(chunk, x.w.On.Key, x.c.ForeignKeys) }), from)
	})
}

// merge updates the stored rows that have the conflict keys of the given rows: those that may be read, with that key, and
// changed. One that may not be read answers like an insert that met it.
func (x *writing) merge(rows []image, which []int) (map[int]image, error) {
	tuples := projected(rows, x.w.On.Key)
	wanted := make([]image, len(which))
	keys := tuples[:0:0]
	for n, i := range which {
		wanted[n], keys = rows[i], append(keys, tuples[i])
	}
	found, err := x.holding(x.w.On.Key, keys)
	if err != nil {
		return nil, err
	}
	if len(found) != len(which) {
		return nil, overtaken{}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].at < found[j].at })
	olds := make([]image, len(found))
	for i, h := range found {
		olds[i] = h.image
	}
	if err := x.mergeable(olds); err != nil {
		return nil, err
	}
	news, err := x.merged(olds, which)
	if err != nil {
		return nil, err
	}
	out := map[int]image{}
	for n, i := range which {
		out[i] = news[n]
	}
	return out, nil
}

func (x *writing) mergeable(olds []image) error {
	known, err := x.among(x.m.known, identities(olds))
	if err != nil {
		return err
	}
	allowed, err := x.among(x.m.allowed, identities(olds))
	if err != nil {
		return err
	}
	for i := range olds {
		switch {
		case !known[i]:
			return x.duplicate(x.constraintOf(x.w.On.Key), nil)
		case !allowed[i]:
			return x.denied()
		}
	}
	return x.writable(olds)
}

// merged updates each row with its own row of the payload.
func (x *writing) merged(olds []image, which []int) ([]image, error) {
	changes := x.changes()
	news := make([]image, len(olds))
	for n, old := range olds {
		values, err := x.updated(changes, x.w.Rows[which[n]])
		if err != nil {
			return nil, err
		}
		news[n] = old.with(changes, values)
	}
	input := func(n int) int { return which[n] }
	if err := x.replaceable(olds, news, changes, input); err != nil {
		return nil, err
	}
	return news, x.replace(olds, news, changes)
}
