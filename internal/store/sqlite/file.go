package sqlite

import "path/filepath"

// File is the database's path in a data directory.
func File(dir string) string { return filepath.Join(dir, fileName) }
