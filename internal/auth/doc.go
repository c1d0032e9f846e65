// Package auth owns who is calling: the project's key set (publishable, secret, signing and sealing keys), the tokens
// signed with it, what the tokens of third parties mean here, which sessions ended before their tokens, and the way from a
// request's credentials to a policy.Actor. It knows nothing of HTTP routes, of policies, of the database or of the network.
package auth
