package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// dice is splitmix64: a few lines that give the same numbers in every version of every tool.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number in [0, n).
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// between is a number in [low, high].
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// chance is true in percent of a hundred throws.
func (d *dice) chance(percent int) bool { return d.below(100) < percent }

// one picks an element.
func one[T any](d *dice, of []T) T { return of[d.below(len(of))] }

// some picks n different elements, in their order.
func some[T any](d *dice, of []T, n int) []T {
	var out []T
	for i, v := range of {
		if d.below(len(of)-i) < n-len(out) {
			out = append(out, v)
		}
	}
	return out
}

// id is a version 7 UUID of the instant; the name decides its random part.
func id(at time.Time, name string) string {
	sum := sha256.Sum256([]byte(name))
	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], uint64(at.UnixMilli())<<16)
	copy(u[6:], sum[:10])
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
