package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/test/power"
)

// The environment of the process that is killed.
const (
	dirVariable   = "SOCLE_TORTURE_DIR"
	roundVariable = "SOCLE_TORTURE_ROUND"
)

const (
	writers   = 16
	perWriter = 2000      // then the process ends by itself, killed or not
	perRound  = 1_000_000 // the numbers of round n begin at n times this
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		round, _ := strconv.ParseInt(os.Getenv(roundVariable), 10, 64)
		if err := write(dir, round); err != nil {
			fmt.Fprintln(os.Stderr, err, errors.Unwrap(err))
			os.Exit(1)
		}
		os.Exit(0)
	}
	if err := power.Install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if testing.Verbose() {
		told.print(os.Stdout)
	}
	os.RemoveAll(filepath.Dir(built))
	os.Exit(code)
}

// write writes with all writers and prints the number of every write that was acknowledged. It ends with whoever reads.
func write(dir string, round int64) error {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	s, err := patiently(func() (*sqlite.Store, error) { return sqlite.Open(dir, sqlite.Options{}) })
	if err != nil {
		return err
	}
	defer s.Close()
	if err := prepare(s); err != nil {
		return err
	}
	var all sync.WaitGroup
	errs := make([]error, writers)
	for w := range int64(writers) {
		all.Go(func() {
			for i := int64(0); i < perWriter && errs[w] == nil; i++ {
				errs[w] = attempt(s, round*perRound+w*perWriter+i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

var tables = []string{
	`CREATE TABLE IF NOT EXISTS entries (write INTEGER, part INTEGER, parts INTEGER, filling TEXT, PRIMARY KEY (write, part)) STRICT`,
	`CREATE TABLE IF NOT EXISTS total (rows INTEGER NOT NULL) STRICT`,
	`CREATE TRIGGER IF NOT EXISTS spoil BEFORE INSERT ON entries WHEN new.part < 0 BEGIN SELECT RAISE(ROLLBACK, 'spoiled'); END`,
	`INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total)`,
}

func prepare(s store.Store) error {
	return s.Write(context.Background(), func(tx store.Tx) error {
		for _, sql := range tables {
			if _, err := tx.Exec(context.Background(), sql); err != nil {
				return err
			}
		}
		return nil
	})
}

var errUnwanted = errors.New("not to be kept")

// refused writes fail after they have written; spoiling ones make the engine give up the transaction they share.
func refused(id int64) bool  { return id%7 == 3 || spoiling(id) }
func spoiling(id int64) bool { return id%29 == 5 }

// attempt carries out one write and prints its number once it is acknowledged.
func attempt(s store.Store, id int64) error {
	err := s.Write(context.Background(), func(tx store.Tx) error { return put(tx, id) })
	switch {
	case refused(id) && err == nil:
		return fmt.Errorf("write %d was to fail", id)
	case refused(id):
		return nil
	case err == nil:
		_, err = fmt.Printf("%d\n", id) // one short write to a pipe: whole or not at all
	}
	return err
}

const insert = "INSERT INTO entries VALUES (?1, ?2, ?3, ?4)"

var filling = fmt.Sprintf("%0300d", 0)

// put writes one to five rows and their number to the total.
func put(tx store.Tx, id int64) error {
	ctx, parts := context.Background(), 1+id%5
	for part := range parts {
		if _, err := tx.Exec(ctx, insert, id, part, parts, filling); err != nil {
			return err
		}
	}
	if spoiling(id) {
		_, err := tx.Exec(ctx, insert, id, int64(-1), parts, filling)
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE total SET rows = rows + ?1", parts); err != nil {
		return err
	}
	if refused(id) {
		return errUnwanted
	}
	return nil
}
