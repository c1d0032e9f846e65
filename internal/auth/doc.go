// Package auth owns who is calling: the project's key set (publishable, secret, signing and sealing keys), the tokens
// signed with it, and the way from a request's credentials to a policy.Actor. It knows nothing of HTTP routes, of
// policies or of the database.
package auth
