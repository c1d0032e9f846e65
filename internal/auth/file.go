package auth

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/socle-hq/socle/internal/clock"
)

// KeysFile is the key set's file in a data directory, readable by its owner alone.
const KeysFile = "keys"

const maxKeysFile = 64 << 10

// Load gives the key set of a data directory, made on first use. It takes no lock: several processes may call it at
// once and all get the same keys. given, where not empty, is the key set itself (SOCLE_KEYS), as JSON or as base64 of it.
func Load(dir, given string, clk clock.Clock) (*Keys, error) {
	if given != "" {
		return fromText(given)
	}
	path := filepath.Join(dir, KeysFile)
	k, err := fromFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := create(dir, path, clk.Random()); err != nil {
		return nil, fmt.Errorf("make the key set: %w", err)
	}
	return fromFile(path)
}

func fromText(given string) (*Keys, error) {
	given = strings.TrimSpace(given)
	raw := []byte(given)
	if !strings.HasPrefix(given, "{") {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(given); err != nil {
			return nil, fmt.Errorf("SOCLE_KEYS is neither JSON nor base64")
		}
	}
	k, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("SOCLE_KEYS: %w", err)
	}
	return k, nil
}

func fromFile(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("%s can be read or written by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxKeysFile))
	if err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	k, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// create writes a new key set beside the final name and links it there: the file appears whole or not at all, and the
// first of several writers wins.
func create(dir, path string, random io.Reader) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	raw, err := generate(DefaultAlgorithm, random)
	if err != nil {
		return err
	}
	var suffix [8]byte
	if _, err := io.ReadFull(random, suffix[:]); err != nil {
		return err
	}
	tmp := path + ".new." + hex.EncodeToString(suffix[:])
	if err := writeSynced(tmp, raw); err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := os.Link(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

func writeSynced(name string, raw []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
