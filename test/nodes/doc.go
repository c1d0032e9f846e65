// Package nodes holds the tests of several servers on one PostgreSQL: processes of the real binary, behind a small balancer.
package nodes
