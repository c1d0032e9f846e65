// Package storetest owns the tests that hold every engine to one meaning: compile cases, one story per file, run on SQLite,
// PostgreSQL and in memory; generated expressions, policies and requests whose answers must be equal on all of them; and
// generated proof that what an actor may not see changes nothing the actor can see. It is for tests only.
package storetest
