package sqlite

import (
	"sync"
	"syscall"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// The engine asks for the memory of every page in its caches by itself, together with what it knows of the page: somewhat more than
// a power of two. Beneath it memory is handed out in powers of two, and nearly half of all caches would lie idle. So pages have
// slots that fit; everything else comes from beneath, without the eight bytes that the engine itself would put before each piece,
// for which a power of two would take twice its size.

// pageBytes is the size of the pages that have slots: that of the databases that are made here.
const pageBytes = 4096

// slots are pieces of memory of one size, in one range of addresses. What has not been used takes no memory. They are safe for
// concurrent use.
type slots struct {
	size   uintptr
	memory []byte

	mu    sync.Mutex
	fresh uintptr   // so many have been used
	free  []uintptr // … and are not in use
}

// newSlots reserves addresses for n slots; without them there are none.
func newSlots(size, n int) *slots {
	memory, err := syscall.Mmap(-1, 0, size*n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return &slots{size: uintptr(size)}
	}
	return &slots{size: uintptr(size), memory: memory}
}

func (s *slots) start() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s.memory))) }

// holds reports whether an address is that of a slot.
func (s *slots) holds(p uintptr) bool { return p-s.start() < uintptr(len(s.memory)) }

// take gives a slot, the one that was given back last; 0 where all are in use.
func (s *slots) take() uintptr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		p := s.free[n-1]
		s.free = s.free[:n-1]
		return p
	}
	if (s.fresh+1)*s.size > uintptr(len(s.memory)) {
		return 0
	}
	s.fresh++
	return s.start() + (s.fresh-1)*s.size
}

func (s *slots) give(p uintptr) {
	s.mu.Lock()
	s.free = append(s.free, p)
	s.mu.Unlock()
}

// pages are the slots of this process: enough for the caches of a database's connections. Nobody has used the engine before they are
// there: it takes no other memory later.
var pages = &slots{}

// beside is how many bytes the engine knows of a page. The engine writes it, so that it must not move as what is on a stack does.
var beside int32

func init() {
	if configured(sqlite3.SQLITE_CONFIG_PCACHE_HDRSZ, unsafe.Pointer(&beside)) {
		line := pageBytes + int(beside)
		pages = newSlots(line, (usualReaders()+1)*cacheBytes/line)
		_ = configured(sqlite3.SQLITE_CONFIG_MALLOC, unsafe.Pointer(&allocator))
	}
}

// configured tells the engine something before anybody has used it, or asks it: what it reads or writes lies at an address that must
// not move. It reports whether the engine has taken it; later it takes nothing.
func configured(what int32, at unsafe.Pointer) bool {
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.Xcalloc(tls, 1, types.Size_t(unsafe.Sizeof(uintptr(0))))
	defer libc.Xfree(tls, args)
	return sqlite3.Xsqlite3_config(tls, what, libc.VaList(args, uintptr(at))) == sqlite3.SQLITE_OK
}

// allocator is how the engine calls the functions below. It copies the table.
var allocator = sqlite3.Tsqlite3_mem_methods{FxMalloc: code(allocate), FxFree: code(release), FxRealloc: code(resize), FxSize: code(sizeOf),
	FxRoundup: code(roundUp), FxInit: code(ready), FxShutdown: code(over)}

// code is a function as the engine calls it: a pointer to its code, which stays where it is.
func code[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

func allocate(tls *libc.TLS, n int32) uintptr {
	if n > pageBytes && uintptr(n) <= pages.size {
		if p := pages.take(); p != 0 {
			return p
		}
	}
	return libc.Xmalloc(tls, types.Size_t(n))
}

func release(tls *libc.TLS, p uintptr) {
	if pages.holds(p) {
		pages.give(p)
		return
	}
	libc.Xfree(tls, p)
}

// resize is never given nothing, neither as a piece nor as its size.
func resize(tls *libc.TLS, p uintptr, n int32) uintptr {
	if !pages.holds(p) {
		return libc.Xrealloc(tls, p, types.Size_t(n))
	}
	if uintptr(n) <= pages.size {
		return p
	}
	larger := libc.Xmalloc(tls, types.Size_t(n))
	if larger != 0 {
		libc.Xmemcpy(tls, larger, p, types.Size_t(pages.size))
		pages.give(p)
	}
	return larger
}

func sizeOf(tls *libc.TLS, p uintptr) int32 {
	if pages.holds(p) {
		return int32(pages.size)
	}
	return int32(libc.Xmalloc_usable_size(tls, p))
}

func roundUp(_ *libc.TLS, n int32) int32 { return (n + 7) &^ 7 }

func ready(*libc.TLS, uintptr) int32 { return sqlite3.SQLITE_OK }

func over(*libc.TLS, uintptr) {}
