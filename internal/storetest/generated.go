package storetest

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// defaultSeed makes runs repeatable; -seed or SOCLE_TEST_SEED chooses another.
const defaultSeed = 20240102

func seedOf(t testing.TB) uint64 {
	t.Helper()
	if f := flag.Lookup("seed"); f != nil && f.Value.String() != "0" {
		return f.Value.(flag.Getter).Get().(uint64)
	}
	text := os.Getenv("SOCLE_TEST_SEED")
	if text == "" {
		return defaultSeed
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("SOCLE_TEST_SEED: %v", err)
	}
	return seed
}

// folder reads a shared project.
func folder(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", "projects", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	overlay(fsys, a)
	return fsys
}

// generated is a shared project with n generated rows per collection.
func generated(t testing.TB, name string, seed uint64, n int) *World {
	t.Helper()
	w := NewWorld(t, folder(t, name))
	w.Data = fill(rand.New(rand.NewPCG(seed, 0)), w.Catalog, n)
	return w
}

// archived is a project folder as an archive writes it.
func archived(text string) fstest.MapFS {
	fsys := fstest.MapFS{}
	overlay(fsys, txtar.Parse([]byte(text)))
	return fsys
}
