// Command generate writes the seed of examples/team: two years in the life of a remote team. The same program writes the
// same bytes everywhere; a test holds the committed files against it.
//
//	go run ./examples/team/generate
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("out", "examples/team/seed", "directory to write to")
	flag.Parse()
	if err := write(*dir, live()); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
