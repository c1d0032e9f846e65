package power

import (
	"bytes"
	"maps"
	"slices"
)

// Chance decides what a cut leaves: a *rand.Rand, say.
type Chance interface {
	IntN(n int) int
	Int64N(n int64) int64
	Float64() float64
}

// Medium is what a disk has for sure, and what it was told since and may have in part.
type Medium struct {
	rng     Chance
	lasting map[string]*content // the folder as it was last synced
	current map[string]*content
}

// content is that of one file, whatever its name is by now.
type content struct {
	lasting []byte
	pending []Op // writes and truncations since it was last synced
}

// NewMedium has files that are there for sure. What is left to chance is rng's.
func NewMedium(files map[string][]byte, rng Chance) *Medium {
	m := &Medium{rng: rng, lasting: map[string]*content{}}
	for name, data := range files {
		m.lasting[name] = &content{lasting: bytes.Clone(data)}
	}
	m.current = maps.Clone(m.lasting)
	return m
}

// Take does what a disk was told.
func (m *Medium) Take(op Op) {
	c := m.current[op.Name]
	switch op.Kind {
	case Create:
		if c == nil {
			m.current[op.Name] = &content{}
		}
	case Delete:
		delete(m.current, op.Name)
	case SyncFolder:
		m.lasting = maps.Clone(m.current)
	}
	if c == nil { // a file that was deleted while it was open: nobody finds it again
		return
	}
	switch op.Kind {
	case Write, Truncate:
		c.pending = append(c.pending, op)
	case Sync:
		for _, op := range c.pending {
			c.lasting = told(c.lasting, op)
		}
		c.pending = nil
	case Lose:
		c.lasting, c.pending = m.left(c), nil
	}
}

// told is data after an operation on it; it may share memory with data.
func told(data []byte, op Op) []byte {
	if op.Kind == Truncate {
		return sized(data, op.Offset)
	}
	data = sized(data, max(int64(len(data)), op.Offset+int64(len(op.Data))))
	copy(data[op.Offset:], op.Data)
	return data
}

// sized cuts data off, or fills it up with zeros.
func sized(data []byte, n int64) []byte {
	if n <= int64(len(data)) {
		return data[:n:n]
	}
	return append(data, make([]byte, n-int64(len(data)))...)
}

// Left is a state that a cut now may leave: all that was synced, and of the rest whatever chance says.
func (m *Medium) Left() map[string][]byte {
	out := map[string][]byte{}
	for _, name := range m.names() {
		c := m.current[name]
		if was := m.lasting[name]; was != c && m.rng.IntN(2) == 0 {
			c = was
		}
		if c != nil {
			out[name] = m.left(c)
		}
	}
	return out
}

// names are those that may be there, in an order that chance has no part in.
func (m *Medium) names() []string {
	all := maps.Clone(m.lasting)
	maps.Copy(all, m.current)
	return slices.Sorted(maps.Keys(all))
}

// sectors are the units that disks write whole.
var sectors = []int64{512, 4096}

// left is a content after a cut.
func (m *Medium) left(c *content) []byte {
	sector := sectors[m.rng.IntN(len(sectors))]
	switch data := bytes.Clone(c.lasting); m.rng.IntN(8) {
	case 0: // nothing since
		return data
	case 1: // everything
		return m.some(data, c.pending, func() bool { return true })
	case 2, 3: // what came first, the last of it torn
		n := m.rng.IntN(len(c.pending) + 1)
		data = m.some(data, c.pending[:n], func() bool { return true })
		if n < len(c.pending) {
			data = told(data, m.torn(c.pending[n], sector))
		}
		return data
	case 4, 5: // some of it, torn or whole
		p := m.rng.Float64()
		return m.some(data, m.ragged(c.pending, sector), func() bool { return m.rng.Float64() < p })
	default:
		return m.scattered(data, c.pending, sector)
	}
}

// some does those operations that keep is true for.
func (m *Medium) some(data []byte, ops []Op, keep func() bool) []byte {
	for _, op := range ops {
		if keep() {
			data = told(data, op)
		}
	}
	return data
}

// ragged tears one write of four.
func (m *Medium) ragged(ops []Op, sector int64) []Op {
	out := slices.Clone(ops)
	for i := range out {
		if m.rng.IntN(4) == 0 {
			out[i] = m.torn(out[i], sector)
		}
	}
	return out
}

// torn is the beginning or the end of a write, up to where a sector begins.
func (m *Medium) torn(op Op, sector int64) Op {
	end := op.Offset + int64(len(op.Data))
	first := op.Offset/sector + 1
	if op.Kind != Write || first*sector >= end {
		return op
	}
	at := sector*(first+m.rng.Int64N((end-1)/sector-first+1)) - op.Offset
	if m.rng.IntN(2) == 0 {
		return Op{Kind: Write, Offset: op.Offset, Data: op.Data[:at]}
	}
	return Op{Kind: Write, Offset: op.Offset + at, Data: op.Data[at:]}
}

// scattered gives each sector, and the length, any of the states that it had since the last sync, each for itself: whatever order
// the disk wrote in. A truncation is of the file system, which does it or does not.
func (m *Medium) scattered(data []byte, ops []Op, sector int64) []byte {
	for i, op := range ops {
		if op.Kind != Truncate {
			continue
		}
		if m.rng.IntN(2) == 0 {
			return m.scattered(data, slices.Concat(ops[:i], ops[i+1:]), sector)
		}
		return m.scattered(told(m.scattered(data, ops[:i], sector), op), ops[i+1:], sector)
	}
	lengths := []int64{int64(len(data))}
	versions := map[int64][][]byte{}
	now := bytes.Clone(data)
	for _, op := range ops {
		first, end := min(op.Offset, int64(len(now))), op.Offset+int64(len(op.Data))
		for s := first / sector; s*sector < end; s++ {
			if versions[s] == nil {
				versions[s] = [][]byte{part(now, s, sector)}
			}
		}
		now = told(now, op)
		for s := first / sector; s*sector < end; s++ {
			versions[s] = append(versions[s], part(now, s, sector))
		}
		lengths = append(lengths, int64(len(now)))
	}
	longest := slices.Max(lengths)
	data = sized(data, (longest+sector-1)/sector*sector)
	for _, s := range slices.Sorted(maps.Keys(versions)) {
		copy(data[s*sector:], versions[s][m.rng.IntN(len(versions[s]))])
	}
	return sized(data, lengths[m.rng.IntN(len(lengths))])
}

// part is a copy of one sector, which the end of the data may cut short: zeros follow.
func part(data []byte, s, sector int64) []byte {
	out := make([]byte, sector)
	if s*sector < int64(len(data)) {
		copy(out, data[s*sector:])
	}
	return out
}
