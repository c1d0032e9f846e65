package power

import (
	"errors"
	"path/filepath"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// real is the system's file system; ours is a copy of it with other functions for some calls.
var (
	realVFS       *lib.Tsqlite3_vfs
	realDirectory uintptr // the function that opens a folder so as to sync it

	watched sync.Map // by folder: *Disk
	opened  sync.Map // by the address of SQLite's file: *file

	tables sync.Mutex
	ours   = map[uintptr]uintptr{} // the functions of files: SQLite's → ours
)

// file is one that SQLite has open in a folder that is watched.
type file struct {
	disk *Disk
	name string
	real *lib.Tsqlite3_io_methods
}

// Install makes the file system the process's default, once. It must come before the first database is opened; Watch calls it.
var Install = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	found := lib.Xsqlite3_vfs_find(tls, 0)
	if found == 0 {
		return errors.New("there is no file system to stand upon")
	}
	name, err := libc.CString("power")
	if err != nil {
		return err
	}
	realVFS = at[lib.Tsqlite3_vfs](found)
	mine := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*realVFS)))
	if mine == 0 {
		return errors.New("out of memory")
	}
	vfs := at[lib.Tsqlite3_vfs](mine)
	*vfs = *realVFS
	vfs.FzName, vfs.FpNext = name, 0
	vfs.FxOpen, vfs.FxDelete = pointer(xOpen), pointer(xDelete)
	call, err := libc.CString("openDirectory")
	if err != nil {
		return err
	}
	realDirectory = function[func(*libc.TLS, uintptr, uintptr) uintptr](realVFS.FxGetSystemCall)(tls, found, call)
	set := function[func(*libc.TLS, uintptr, uintptr, uintptr) int32](realVFS.FxSetSystemCall)
	if rc := set(tls, found, call, pointer(openDirectory)); realDirectory == 0 || rc != lib.SQLITE_OK {
		return errors.New("syncs of folders cannot be seen")
	}
	if rc := lib.Xsqlite3_vfs_register(tls, mine, 1); rc != lib.SQLITE_OK {
		return errors.New("SQLite does not take the file system")
	}
	return nil
})

// at is the value at an address of SQLite's memory, which the garbage collector does not know.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// pointer is a function of this package as C has it; function is the way back.
func pointer(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// diskOf is the disk that has a path, nil where nobody watches it, and the file's name there.
func diskOf(path uintptr) (*Disk, string) {
	if path == 0 {
		return nil, ""
	}
	dir, name := filepath.Split(libc.GoString(path))
	d, _ := watched.Load(filepath.Clean(dir))
	disk, _ := d.(*Disk)
	return disk, name
}

// recorded are the kinds of files whose content must last.
const recorded = lib.SQLITE_OPEN_MAIN_DB | lib.SQLITE_OPEN_MAIN_JOURNAL | lib.SQLITE_OPEN_WAL | lib.SQLITE_OPEN_SUPER_JOURNAL

func xOpen(tls *libc.TLS, vfs, path, f uintptr, flags int32, out uintptr) int32 {
	rc := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](realVFS.FxOpen)(tls, vfs, path, f, flags, out)
	disk, name := diskOf(path)
	if rc != lib.SQLITE_OK || disk == nil || flags&recorded == 0 {
		return rc
	}
	base := at[lib.Tsqlite3_file](f)
	opened.Store(f, &file{disk: disk, name: name, real: at[lib.Tsqlite3_io_methods](base.FpMethods)})
	base.FpMethods = methods(tls, base.FpMethods)
	disk.told(Op{Kind: Create, Name: name})
	return rc
}

// methods is a table of functions with ours in the place of some.
func methods(tls *libc.TLS, real uintptr) uintptr {
	tables.Lock()
	defer tables.Unlock()
	if p, ok := ours[real]; ok {
		return p
	}
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	m := at[lib.Tsqlite3_io_methods](p)
	*m = *at[lib.Tsqlite3_io_methods](real)
	m.FxRead, m.FxWrite, m.FxTruncate = pointer(xRead), pointer(xWrite), pointer(xTruncate)
	m.FxSync, m.FxClose = pointer(xSync), pointer(xClose)
	ours[real] = p
	return p
}

func fileAt(f uintptr) *file {
	v, _ := opened.Load(f)
	return v.(*file)
}

func xClose(tls *libc.TLS, f uintptr) int32 {
	of := fileAt(f)
	opened.Delete(f)
	return function[func(*libc.TLS, uintptr) int32](of.real.FxClose)(tls, f)
}

func xRead(tls *libc.TLS, f, data uintptr, n int32, offset int64) int32 {
	of := fileAt(f)
	if rc := of.disk.asked(Op{Kind: Read, Name: of.name, Offset: offset}); rc != Pass {
		return rc
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](of.real.FxRead)(tls, f, data, n, offset)
}

func xWrite(tls *libc.TLS, f, data uintptr, n int32, offset int64) int32 {
	of := fileAt(f)
	op := Op{Kind: Write, Name: of.name, Offset: offset, Data: append([]byte(nil), unsafe.Slice(at[byte](data), n)...)}
	return of.disk.pass(op, func() int32 {
		return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](of.real.FxWrite)(tls, f, data, n, offset)
	})
}

func xTruncate(tls *libc.TLS, f uintptr, size int64) int32 {
	of := fileAt(f)
	return of.disk.pass(Op{Kind: Truncate, Name: of.name, Offset: size}, func() int32 {
		return function[func(*libc.TLS, uintptr, int64) int32](of.real.FxTruncate)(tls, f, size)
	})
}

func xSync(tls *libc.TLS, f uintptr, flags int32) int32 {
	of := fileAt(f)
	return of.disk.pass(Op{Kind: Sync, Name: of.name}, func() int32 {
		return function[func(*libc.TLS, uintptr, int32) int32](of.real.FxSync)(tls, f, flags)
	})
}

func xDelete(tls *libc.TLS, vfs, path uintptr, folder int32) int32 {
	real := function[func(*libc.TLS, uintptr, uintptr, int32) int32](realVFS.FxDelete)
	disk, name := diskOf(path)
	if disk == nil {
		return real(tls, vfs, path, folder)
	}
	disk.told(Op{Kind: Delete, Name: name}) // before the folder is synced, which happens within
	return real(tls, vfs, path, folder)
}

// openDirectory is told the path of a file and opens its folder; a sync is what follows.
func openDirectory(tls *libc.TLS, path, fd uintptr) int32 {
	rc := function[func(*libc.TLS, uintptr, uintptr) int32](realDirectory)(tls, path, fd)
	if disk, _ := diskOf(path); disk != nil && rc == lib.SQLITE_OK {
		disk.told(Op{Kind: SyncFolder})
	}
	return rc
}
