// Command merged makes one profile of many, without what a compiler does not ask for and what says on which machine they were made:
//
//	merged PROFILE... > cmd/socle/default.pgo
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/google/pprof/profile"
)

func main() {
	if err := merged(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "merged:", err)
		os.Exit(1)
	}
}

func merged(paths []string, w io.Writer) error {
	var all []*profile.Profile
	for _, path := range paths {
		p, err := read(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, p)
	}
	p, err := profile.Merge(all)
	if err != nil {
		return err
	}
	p.TimeNanos = 0
	return p.Write(w)
}

// read reads a profile and forgets addresses, labels, and the files that the program and its parts were loaded from.
func read(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, err
	}
	p.Mapping = nil
	for _, l := range p.Location {
		l.Mapping, l.Address = nil, 0
	}
	for _, s := range p.Sample {
		s.Label, s.NumLabel, s.NumUnit = nil, nil, nil
	}
	return p, p.CheckValid()
}
