// Package passkeys holds the test of package passkey with a real browser, whose authenticator is virtual.
package passkeys
