package password

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const (
	readWhole = 64 << 20 // bytes up to which a file's order is checked line by line
	samples   = 4096     // places at which the order of a larger file is checked
	longLine  = 128      // bytes; a line with a hash and a count is shorter
)

var errDisorder = errors.New("its hashes are not in order, or it was changed while in use; sort it with `LC_ALL=C sort`")

// sorted is a file of hashes in their order, searched by halving it.
type sorted struct {
	file io.ReaderAt
	size int64 // without the line ends that close it
}

func newSorted(file io.ReaderAt, size int64) (*sorted, error) {
	tail := make([]byte, min(size, longLine))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, err
	}
	return &sorted{file, size - int64(len(tail)-len(bytes.TrimRight(tail, "\r\n")))}, nil
}

// entry is a line's hash and where the line begins and the next one may.
type entry struct {
	sum         digest
	start, next int64
}

// from is the first line that begins at or after a place; ok is false where there is none or it holds no hash.
func (s *sorted) from(at int64) (e entry, ok bool, err error) {
	begin := max(0, at-1)
	text := make([]byte, min(2*longLine, s.size-begin))
	if _, err := s.file.ReadAt(text, begin); err == io.EOF {
		return e, false, errDisorder
	} else if err != nil {
		return e, false, err
	}
	e.start = at
	if at > 0 {
		skip := bytes.IndexByte(text, '\n') + 1
		if skip == 0 && begin+int64(len(text)) == s.size {
			e.start = s.size
			return e, false, nil
		}
		e.start, text = begin+int64(skip), text[skip:]
	}
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	e.next = e.start + int64(len(line)) + 1
	e.sum, ok = hashLine(bytes.TrimSuffix(line, []byte{'\r'}))
	return e, ok, nil
}

func (s *sorted) has(sum digest) (bool, error) {
	low, high := int64(0), s.size
	var least, most *digest // the hashes of the lines just outside
	for low < high {
		middle := low + (high-low)/2
		e, ok, err := s.from(middle)
		switch {
		case err != nil:
			return false, err
		case e.start >= high:
			high = middle
			continue
		case !ok, least != nil && below(e.sum, *least), most != nil && below(*most, e.sum):
			return false, errDisorder
		case e.sum == sum:
			return true, nil
		case below(e.sum, sum):
			low, least = e.next, &e.sum
		default:
			high, most = middle, &e.sum
		}
	}
	return false, nil
}

func below(a, b digest) bool { return bytes.Compare(a[:], b[:]) < 0 }

// ordered reports whether all lines are hashes in their order. It reads a file up to whole bytes completely and looks at
// places all over a larger one.
func (s *sorted) ordered(whole int64) (bool, error) {
	if s.size <= whole {
		return s.wholly()
	}
	var last digest
	for i := range int64(samples) {
		e, ok, err := s.from(s.size * i / samples)
		if err != nil {
			return false, err
		}
		if e.start >= s.size {
			break
		}
		if !ok || below(e.sum, last) {
			return false, nil
		}
		last = e.sum
	}
	return true, nil
}

func (s *sorted) wholly() (bool, error) {
	lines := bufio.NewScanner(io.NewSectionReader(s.file, 0, s.size))
	var last digest
	for lines.Scan() {
		sum, ok := hashLine(lines.Bytes())
		if !ok || below(sum, last) {
			return false, nil
		}
		last = sum
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return false, nil
	}
	return true, lines.Err()
}
