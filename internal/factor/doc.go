// Package factor owns the pure protocols of a second factor: time-based one-time passwords (RFC 6238) with their QR code,
// recovery codes, and the keyed hash under which short codes are stored.
//
// It refuses to know accounts, storage, routes and sessions. Whoever stores a factor remembers the last accepted step of
// it, and changes that step in the statement that tests it: CheckTOTP only says which step a code is of.
package factor
