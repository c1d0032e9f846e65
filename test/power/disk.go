package power

import (
	"fmt"
	"path/filepath"
	"sync"

	lib "modernc.org/sqlite/lib"
)

// Kind is what a disk was told.
type Kind int

// What a disk may be told. Mark is what the client says between: see Disk.Mark.
const (
	Create Kind = iota
	Write
	Truncate
	Sync
	Delete
	SyncFolder
	Lose // a sync that failed: what the file was told since the last one is never made lasting by a later one
	Mark
	Read // is never among Ops: nothing of it lasts
)

// String is the kind's name.
func (k Kind) String() string {
	return [...]string{"create", "write", "truncate", "sync", "delete", "sync of the folder", "failed sync", "mark", "read"}[k]
}

// Op is one thing that a disk was told.
type Op struct {
	Kind   Kind
	Name   string // of the file
	Offset int64  // of a write; the size of a truncation
	Data   []byte
	Mark   int64
}

// The answers that a disk may give in the place of doing what it is told.
const (
	Pass       = int32(lib.SQLITE_OK)
	Full       = int32(lib.SQLITE_FULL)
	BrokenRead = int32(lib.SQLITE_IOERR_READ)
	Broken     = int32(lib.SQLITE_IOERR_WRITE)
	BrokenSync = int32(lib.SQLITE_IOERR_FSYNC)
)

// Disk is what a folder was told since Watch.
type Disk struct {
	folder string
	mu     sync.Mutex
	ops    []Op
	refuse func(Op) int32
	deaf   bool
}

// Watch begins to write down what SQLite tells a folder, which has no database yet that is open. It must come before anything in
// the process has opened one.
func Watch(folder string) (*Disk, error) {
	if err := Install(); err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(folder)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, err
	}
	d := &Disk{folder: abs}
	if _, twice := watched.LoadOrStore(abs, d); twice {
		return nil, fmt.Errorf("%s is watched already", abs)
	}
	return d, nil
}

// Forget ends Watch. No file of the folder may be open.
func (d *Disk) Forget() { watched.Delete(d.folder) }

// Refuse makes the disk ask f before each read, write, truncation and sync: other than Pass, its answer is SQLite's and nothing is done.
// nil: never.
func (d *Disk) Refuse(f func(Op) int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = f
}

// Deafen makes the disk say that it has synced, and not do it.
func (d *Disk) Deafen() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deaf = true
}

// Mark puts a number of the client's between what the disk is told.
func (d *Disk) Mark(n int64) { d.told(Op{Kind: Mark, Mark: n}) }

// Ops is what the disk was told until now.
func (d *Disk) Ops() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops[:len(d.ops):len(d.ops)]
}

func (d *Disk) told(op Op) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops = append(d.ops, op)
}

// pass does what the disk is told, unless it refuses. A sync is written down when it is done: a cut while it lasts is one before it.
// Writes are written down before: what is half done may be there.
func (d *Disk) pass(op Op, do func() int32) int32 {
	if rc := d.asked(op); rc != Pass {
		if op.Kind == Sync {
			d.told(Op{Kind: Lose, Name: op.Name})
		}
		return rc
	}
	if op.Kind != Sync {
		d.told(op)
		return do()
	}
	rc := do()
	if rc == Pass && !d.isDeaf() {
		d.told(op)
	}
	return rc
}

// asked is what the disk answers to a request: Pass where it does it.
func (d *Disk) asked(op Op) int32 {
	d.mu.Lock()
	refuse := d.refuse
	d.mu.Unlock()
	if refuse == nil {
		return Pass
	}
	return refuse(op)
}

func (d *Disk) isDeaf() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.deaf
}
