// Package torture kills a process that writes, again and again, and asks the database afterwards: everything acknowledged is
// there, and nothing is there by half. It knows the store alone, no requests.
package torture
