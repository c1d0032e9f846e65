package password

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
)

// List is a list of passwords known to attackers. It is safe for concurrent use; nil is the empty list.
type List struct {
	in   finder
	file *os.File // nil where the list is in memory
}

type digest = [sha1.Size]byte

type finder interface {
	has(sum digest) (bool, error)
}

// OpenList opens a text file with one password a line, or the SHA-1 of one in hex, alone or as `HASH:count`, the form in
// which Have I Been Pwned gives its list. A file of hashes in their order may have any size: it is searched where it is,
// stays open until Close, and must not be edited in place. Any other file is read into memory, eight bytes a line, and
// may have 10 million lines.
func OpenList(path string) (*List, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the list of breached passwords: %w", err)
	}
	in, err := open(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("the list of breached passwords, %s: %w", path, err)
	}
	if _, stays := in.(*sorted); stays {
		return &List{in, file}, nil
	}
	return &List{in, nil}, file.Close()
}

func open(file *os.File) (finder, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	s, err := newSorted(file, info.Size())
	if err != nil {
		return nil, err
	}
	if s.size == 0 {
		return nil, errors.New("it is empty; remove the setting to use no list")
	}
	ordered, err := s.ordered(readWhole)
	if err != nil || ordered {
		return s, err
	}
	return load(file, mostLines)
}

// Has reports whether plain is on the list. The error means that the list's file could not be read.
func (l *List) Has(plain string) (bool, error) {
	if l == nil {
		return false, nil
	}
	found, err := l.in.has(sha1.Sum([]byte(plain)))
	if err != nil {
		return false, fmt.Errorf("the list of breached passwords: %w", err)
	}
	return found, nil
}

// Close lets go of the list's file; Has must not be called afterwards.
func (l *List) Close() error {
	if l == nil || l.file == nil {
		return nil
	}
	return l.file.Close()
}

// hashLine reads `HASH` or `HASH:count`.
func hashLine(line []byte) (sum digest, ok bool) {
	if len(line) < hex.EncodedLen(len(sum)) {
		return sum, false
	}
	_, err := hex.Decode(sum[:], line[:hex.EncodedLen(len(sum))])
	return sum, err == nil && isCount(line[hex.EncodedLen(len(sum)):])
}

// isCount accepts nothing, or `:` and digits.
func isCount(rest []byte) bool {
	if len(rest) == 0 {
		return true
	}
	return rest[0] == ':' && len(rest) > 1 && len(bytes.Trim(rest[1:], "0123456789")) == 0
}
