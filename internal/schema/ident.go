package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxIdent is the longest identifier in bytes every engine keeps whole (PostgreSQL's NAMEDATALEN - 1).
const maxIdent = 63

// SystemName is one of the closed set of names the product itself uses in the database. All begin with '_', which no
// project name may.
type SystemName uint8

// The system columns and tables.
const (
	SystemVersion    SystemName = iota // column: row version, counts from 1
	SystemFTS                          // column: encoded search tokens
	SystemMeta                         // table: applied declaration, schema version, fingerprints
	SystemMigrations                   // table: steps carried out
	SystemChanges                      // table: change log
	SystemIdentity                     // table: identity generators
	SystemIdempotent                   // table: idempotency keys
	SystemLeases                       // table: leases
	SystemRow                          // column: hidden row number of keyless collections
)

var systemNames = [...]string{
	SystemVersion: "_version", SystemFTS: "_fts", SystemMeta: "_socle_meta", SystemMigrations: "_socle_migrations",
	SystemChanges: "_socle_changes", SystemIdentity: "_socle_identity", SystemIdempotent: "_socle_idempotency",
	SystemLeases: "_socle_leases", SystemRow: "_row",
}

// System makes the identifier of a system name.
func System(n SystemName) Ident { return Ident{systemNames[n]} }

// Alias is the table alias t<n>.
func Alias(n int) Ident { return Ident{"t" + strconv.Itoa(n)} }

// Output is the output column alias c<n>.
func Output(n int) Ident { return Ident{"c" + strconv.Itoa(n)} }

// Derivation is one of the closed set of ways to derive a database object's name from others.
type Derivation uint8

// The derivations: the search table or index of a collection, the table a rebuild fills before it takes the place of
// the old one, the index behind a foreign key.
const (
	ForSearch Derivation = iota
	ForRebuild
	ForIndex
)

var derivations = [...]string{ForSearch: "_fts", ForRebuild: "_new", ForIndex: "_idx"}

// Derive joins the names and marks them with what they are for: _fts_tickets. The result is bounded to 63 bytes.
func Derive(d Derivation, names ...Ident) Ident {
	parts := []string{derivations[d]}
	for _, n := range names {
		parts = append(parts, n.name)
	}
	return Ident{bound(strings.Join(parts, "_"))}
}

// Flat is id in an engine without namespaces: id itself in public, otherwise "space.id". The catalogue guarantees that
// flat names do not collide.
func Flat(space, id Ident) Ident {
	if space.name == DefaultNamespace {
		return id
	}
	return Ident{bound(space.name + "." + id.name)}
}

// IsZero reports whether the identifier was never set.
func (i Ident) IsZero() bool { return i.name == "" }

// bound shortens a derived name that is too long, keeping it distinct by a hash of the whole.
func bound(name string) string {
	if len(name) <= maxIdent {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	cut := maxIdent - 9
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "_" + hex.EncodeToString(sum[:4])
}
