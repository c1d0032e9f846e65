// Package storetest owns the tests that hold every engine to one meaning: compile cases of reads and stories of writes, one per
// file, run on SQLite and PostgreSQL, reads in memory too; generated expressions, policies, reads and writes whose answers, and
// what is stored afterwards, must be equal on all of them; and generated proof that what an actor may not see changes nothing
// the actor can see. It is for tests only.
package storetest
