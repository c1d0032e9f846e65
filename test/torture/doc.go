// Package torture takes away what a database stands on, again and again, and asks the database afterwards: everything acknowledged is
// there, nothing is there by half, and it goes on. A process that writes is killed, with the store alone and as the whole server
// under requests; and the power is cut under a server whose disk was told things that it had not done yet. The oracle is the
// client's list of what was acknowledged.
package torture
