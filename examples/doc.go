// Package examples holds two projects that are real: team, the tickets of a remote team, and atlas, the world's cities.
package examples
