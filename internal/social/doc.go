// Package social owns sign-in at other parties: the providers a project names (presets, and any OpenID Connect issuer by
// discovery), the address a browser is sent to, the exchange of the code it comes back with, the verification of ID tokens, user
// info; and the verification of tokens that third-party issuers made for the data API. What comes out is an Identity, or the claims
// as they were signed.
//
// It refuses to know accounts, sessions, storage and HTTP routes: who of ours an identity is, and whether its e-mail address may
// link it to anybody, is decided elsewhere.
package social
