package clock

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
)

// IDs makes version 7 UUIDs (RFC 9562) that rise, also within one instant, as long as the clock does not go back. The zero value
// is ready; it is safe for concurrent use.
type IDs struct {
	mu   sync.Mutex
	last int64 // in 1/4096 ms since 1970
}

// Next is a UUID of the clock's time and randomness.
func (g *IDs) Next(c Clock) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(c.Random(), b[8:]); err != nil {
		return "", err
	}
	at := g.tick(c)
	binary.BigEndian.PutUint64(b[:8], uint64(at>>12)<<16|0x7000|uint64(at&0xfff))
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	return string(AppendUUID(text[:0], b[:])), nil
}

// AppendUUID appends the text of an identifier's 16 bytes.
func AppendUUID(out, id []byte) []byte {
	from := 0
	for _, to := range [...]int{4, 6, 8, 10, 16} {
		if from > 0 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, id[from:to])
		from = to
	}
	return out
}

// tick is the clock's time, or just after the last one where that is later.
func (g *IDs) tick(c Clock) int64 {
	micros := c.Now().UnixMicro()
	at := micros/1000<<12 + micros%1000<<12/1000
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(at, g.last+1)
	return g.last
}
