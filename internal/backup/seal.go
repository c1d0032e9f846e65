package backup

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
)

// A backup is the database's file, then the manifest as JSON, then a footer: the manifest's length in eight bytes and the
// magic. The engine does not look beyond the pages that its header counts, so that any of its tools opens a backup.
const (
	format      = 1
	magic       = "SOCLEBAK"
	footer      = 8 + len(magic)
	maxManifest = 16 << 20
)

// seal completes a copy's file.
func seal(path string, m Manifest) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	if n != m.Bytes {
		return fmt.Errorf("the copy has %d bytes, its pages %d", n, m.Bytes)
	}
	m.SHA256 = hex.EncodeToString(h.Sum(nil))
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	raw = binary.BigEndian.AppendUint64(raw, uint64(len(raw)))
	if _, err := f.Write(append(raw, magic...)); err != nil {
		return err
	}
	return f.Sync()
}

// Unfit is the error of a file that is no whole backup.
type Unfit struct{ reason string }

// Error says what is wrong with it.
func (e *Unfit) Error() string { return e.reason }

func damaged(format string, args ...any) error {
	return &Unfit{"the backup is damaged: " + fmt.Sprintf(format, args...)}
}

// Verify reads a backup whole: that its bytes are those that were written, that the database in it is sound, and that it
// holds what its manifest says. A bare database of ours, without a manifest, is checked as far as that goes.
func Verify(ctx context.Context, path string) (Manifest, error) {
	m, err := manifest(path)
	if err != nil {
		return m, err
	}
	if m.Sealed {
		if err := hashed(path, m); err != nil {
			return m, err
		}
	}
	found, err := examine(ctx, path)
	switch {
	case ctx.Err() != nil:
		return m, ctx.Err()
	case err != nil && !m.Sealed:
		return m, &Unfit{path + " is no backup, or not all of one: " + reason(err)}
	case err != nil:
		return m, damaged("%s", reason(err))
	}
	if !m.Sealed {
		info, err := os.Stat(path)
		if err != nil {
			return m, err
		}
		if info.Size() != found.Bytes {
			return m, damaged("it has %d bytes, its pages %d", info.Size(), found.Bytes)
		}
		return found, nil
	}
	if !equal(m, found) || m.Bytes != found.Bytes || !maps.Equal(m.Rows, found.Rows) {
		return m, damaged("it does not hold what it says")
	}
	return m, nil
}

// reason is an error with what is behind it.
func reason(err error) string {
	if cause := errors.Unwrap(err); cause != nil {
		return cause.Error()
	}
	return err.Error()
}

// manifest reads the end of a file. Sealed is false where there is no manifest.
func manifest(path string) (m Manifest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() < int64(footer) {
		return m, err
	}
	var end [footer]byte
	if _, err := f.ReadAt(end[:], info.Size()-int64(footer)); err != nil {
		return m, err
	}
	if string(end[8:]) != magic {
		return m, nil
	}
	n := binary.BigEndian.Uint64(end[:8])
	start := info.Size() - int64(footer) - int64(min(n, maxManifest+1))
	if n > maxManifest || start < 0 {
		return m, damaged("its end is cut")
	}
	raw := make([]byte, n)
	if _, err := f.ReadAt(raw, start); err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Bytes != start {
		return m, damaged("its end is not what was written")
	}
	if m.Format != format {
		return m, fmt.Errorf("the backup has format %d; this version reads format %d", m.Format, format)
	}
	m.Sealed = true
	return m, nil
}

func hashed(path string, m Manifest) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyN(h, f, m.Bytes); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != m.SHA256 {
		return damaged("its checksum is another")
	}
	return nil
}
