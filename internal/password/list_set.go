package password

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
)

// mostLines of a list in memory take 80 MB.
const mostLines = 10_000_000

// set is the first eight bytes of each hash, in order: that a password off the list shares them with one of 10 million on it
// has a chance of 1 in 10¹².
type set []uint64

func (s set) has(sum digest) (bool, error) {
	_, found := slices.BinarySearch(s, binary.BigEndian.Uint64(sum[:]))
	return found, nil
}

// load reads lines of passwords and hashes, in any order and mixed.
func load(file io.ReadSeeker, most int) (set, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var s set
	lines := bufio.NewScanner(file)
	n := 0
	for ; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 0 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		switch {
		case len(line) == 0:
			continue
		case n >= most:
			return nil, fmt.Errorf("it has more than %d lines and is not a file of SHA-1 hashes in order, which may have any "+
				"number; use the one that is ordered by hash, or sort it with `LC_ALL=C sort`", most)
		case isNTLM(line):
			return nil, fmt.Errorf("line %d is an NTLM hash; use the list of SHA-1 hashes", n+1)
		}
		sum, ok := hashLine(line)
		if !ok {
			sum = sha1.Sum(line)
		}
		s = append(s, binary.BigEndian.Uint64(sum[:]))
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d has more than %d bytes; it must be a text file with one password or hash a line",
			n+1, bufio.MaxScanTokenSize)
	}
	slices.Sort(s)
	return slices.Clip(slices.Compact(s)), lines.Err()
}

// isNTLM accepts `HASH:count` with the other hash in which such lists are given.
func isNTLM(line []byte) bool {
	if len(line) < 34 || line[32] != ':' {
		return false
	}
	_, err := hex.DecodeString(string(line[:32]))
	return err == nil && isCount(line[32:])
}
