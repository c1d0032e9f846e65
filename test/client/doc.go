// Package client runs the programs of test/npm that begin on SQLite on PostgreSQL as well.
package client
