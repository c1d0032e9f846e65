package sqlite

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/fault"
)

// A log that a process left behind ends where its power, or the process, did: the frames of the transaction that was being written
// may be there in part. Every one before was on disk before the next was begun. Frames that cannot be read, and after them a commit
// that another frame follows upon, are therefore damage. The engine would take the log to end there, and what was
// acknowledged after it would be gone without a word.

// The form of a log, as SQLite's documentation of its file format has it.
const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // its last bit says that words are summed big end first
)

// errDamaged is the cause where the product finds damage itself.
var errDamaged = errors.New("the database is damaged")

// left reports whether a log was left behind by a process that did not end in good order.
func left(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// examineLog reports a log that is damaged before its end.
func examineLog(path string) error {
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	l := &logReader{in: bufio.NewReaderSize(f, mib)}
	if !l.begin() {
		return nil
	}
	whole, err := l.intact()
	if err != nil {
		return err
	}
	more, err := l.beyond()
	if err != nil || !more {
		return err
	}
	return fault.New(fault.Unavailable, "%s-wal is damaged: what was written after its first %d bytes cannot be read", path, whole).
		WithHint("restore a backup; or, to go on without what was written after that, keep a copy of both files and cut this one to %d bytes", whole).
		Because(errDamaged)
}

// logReader is a log that is read from its beginning.
type logReader struct {
	in    io.Reader
	order binary.ByteOrder
	salt  [8]byte
	sum   [2]uint32
	frame []byte
}

// begin reads the header; false where there is none that counts, so that the engine takes the log for an empty one.
func (l *logReader) begin() bool {
	var h [logHeader]byte
	if _, err := io.ReadFull(l.in, h[:]); err != nil {
		return false
	}
	magic := binary.BigEndian.Uint32(h[:])
	l.order = binary.LittleEndian
	if magic&1 == 1 {
		l.order = binary.BigEndian
	}
	size := binary.BigEndian.Uint32(h[8:])
	l.add(h[:24])
	copy(l.salt[:], h[16:])
	l.frame = make([]byte, frameHeader+min(size, 1<<16))
	return magic&^1 == logMagic && l.is(h[24:])
}

// add adds words to the sum, which is over everything since the header.
func (l *logReader) add(data []byte) {
	for ; len(data) >= 8; data = data[8:] {
		l.sum[0] += l.order.Uint32(data) + l.sum[1]
		l.sum[1] += l.order.Uint32(data[4:]) + l.sum[0]
	}
}

func (l *logReader) is(sum []byte) bool {
	return l.sum[0] == binary.BigEndian.Uint32(sum) && l.sum[1] == binary.BigEndian.Uint32(sum[4:])
}

// next reads a frame; ours is false for one that an earlier log left there.
func (l *logReader) next() (ours, commit bool, err error) {
	if _, err := io.ReadFull(l.in, l.frame); err != nil {
		return false, false, err
	}
	return [8]byte(l.frame[8:16]) == l.salt, binary.BigEndian.Uint32(l.frame[4:]) != 0, nil
}

// intact reads up to the first frame that does not belong to what is before it, and gives the bytes up to the last commit.
func (l *logReader) intact() (whole int64, err error) {
	at := int64(logHeader)
	whole = at
	for {
		ours, commit, err := l.next()
		if err != nil {
			return whole, unlessEnd(err)
		}
		l.add(l.frame[:8])
		l.add(l.frame[frameHeader:])
		if !ours || !l.is(l.frame[16:24]) {
			l.in = io.MultiReader(bytes.NewReader(bytes.Clone(l.frame)), l.in)
			return whole, nil
		}
		if at += int64(len(l.frame)); commit {
			whole = at
		}
	}
}

// beyond reports whether in the rest, which begins with what is not intact, a frame follows upon a commit: its sum goes on from the
// commit's, and is its own. What a transaction that was given up, or one before an earlier cut, left there does not.
func (l *logReader) beyond() (bool, error) {
	for committed := false; ; {
		ours, commit, err := l.next()
		if err != nil {
			return false, unlessEnd(err)
		}
		l.add(l.frame[:8])
		l.add(l.frame[frameHeader:])
		if ours && committed && l.is(l.frame[16:24]) {
			return true, nil
		}
		committed = ours && commit
		l.sum = [2]uint32{binary.BigEndian.Uint32(l.frame[16:]), binary.BigEndian.Uint32(l.frame[20:])}
	}
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// checkedSize is up to which size a database is read whole after its process did not end in good order: a larger one would keep its
// server from starting for too long, and damage in it is met where it is read.
const checkedSize = 64 * mib

// check reads a database whole, as far as that does not take long.
func (s *Store) check() error {
	pages, err := s.writer.pragma("page_count")
	if n, _ := pages.(int64); err != nil || n*s.page > checkedSize {
		return err
	}
	verdict, err := s.writer.pragma("quick_check(1)")
	if err == nil && verdict != "ok" {
		err = fmt.Errorf("%w: %v", errDamaged, verdict)
	}
	return err
}

func isDamaged(err error) bool {
	code := primary(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}
