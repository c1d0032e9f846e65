// Package mail owns the messages a project sends: their templates (built in, and the project's own over them), how one is
// rendered, how it is delivered by SMTP, and the inbox that stands in for a server during development. It refuses to know
// accounts, tokens, routes and storage, and it sends a message once: who wants another attempt keeps the message and asks
// Temporary whether one makes sense.
package mail
