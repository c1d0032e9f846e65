// Package power is a disk that loses its power. Registered as SQLite's file system, it passes everything on and writes down what
// files of chosen folders were told: writes, truncations, deletes, syncs of files and of folders. From one recording it makes
// the states in which a cut at any moment may leave a disk that does what it promises and no more. It can also refuse what it is
// told. It knows nothing of what the files mean.
package power
