package sqlite

import (
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// The engine is built so that all its caches of pages are one group with one lock, which every access to a page takes. No two
// connections share a cache here, and only one goroutine at a time uses a connection: each cache is a group of its own, without a
// lock, as in the engine's usual build. A cache gives up pages of its own then, and none of another connection's.

// grouped are the engine's own functions for caches; apart are the same but for two.
var grouped, apart sqlite3.Tsqlite3_pcache_methods2

func init() {
	if !configured(sqlite3.SQLITE_CONFIG_GETPCACHE2, unsafe.Pointer(&grouped)) {
		return
	}
	apart = grouped
	apart.FxCreate, apart.FxDestroy = code(createCache), code(destroyCache)
	_ = configured(sqlite3.SQLITE_CONFIG_PCACHE2, unsafe.Pointer(&apart))
}

// at is what lies at an address of the engine's memory.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// function is what an entry of the engine's tables calls.
func function[F any](p *uintptr) F { return *(*F)(unsafe.Pointer(p)) }

// createCache makes a cache, which is empty, and moves it to a group of its own.
func createCache(tls *libc.TLS, page, extra, purgeable int32) uintptr {
	own := libc.Xcalloc(tls, 1, types.Size_t(unsafe.Sizeof(sqlite3.TPGroup{})))
	if own == 0 {
		return 0
	}
	p := function[func(*libc.TLS, int32, int32, int32) uintptr](&grouped.FxCreate)(tls, page, extra, purgeable)
	if p == 0 {
		libc.Xfree(tls, own)
		return 0
	}
	c, g := at[sqlite3.TPCache1](p), at[sqlite3.TPGroup](own)
	anchor := own + unsafe.Offsetof(g.Flru)
	g.Flru.FisAnchor, g.Flru.FpLruNext, g.Flru.FpLruPrev = 1, anchor, anchor
	g.FmxPinned = 10
	if purgeable != 0 {
		g.FnMinPage, g.FmxPinned = c.FnMin, 10-c.FnMin
		c.FpnPurgeable = own + unsafe.Offsetof(g.FnPurgeable)
	}
	c.FpGroup = own
	return p
}

func destroyCache(tls *libc.TLS, p uintptr) {
	own := at[sqlite3.TPCache1](p).FpGroup
	function[func(*libc.TLS, uintptr)](&grouped.FxDestroy)(tls, p)
	libc.Xfree(tls, own)
}
