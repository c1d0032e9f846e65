// Package passkey owns the relying party's side of Web Authentication (Level 3): the options for a browser, and the proof that
// its answer is right. Passkeys are discoverable and verify their user; attestation is not asked for.
//
// It refuses to know accounts, storage, routes and sessions. Whoever calls it keeps the state between the two halves of a
// ceremony, gives it to one finish only, whatever comes of that, and stores what a Credential says after each success.
package passkey
