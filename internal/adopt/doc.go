// Package adopt owns the way from a PostgreSQL database of somebody else's to a project: its catalogue, read in one read-only
// snapshot, what of it a project can say, the list of what it cannot, and the rows as files that can be imported. It writes
// nothing to that database, and knows nothing of policies: who may do what is not in a schema.
package adopt
