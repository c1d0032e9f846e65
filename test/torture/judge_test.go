package torture

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// log is what the client knows: the numbers of acknowledged writes.
type log map[int64]bool

// judge opens the database and gives everything about it that contradicts the log.
func judge(dir string, acknowledged log) ([]string, error) {
	s, err := patiently(func() (*sqlite.Store, error) { return sqlite.Open(dir, sqlite.Options{}) })
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := prepare(s); err != nil { // killed before it had
		return nil, err
	}
	var found []string
	err = s.Write(context.Background(), func(tx store.Tx) error {
		found, err = contradictions(tx, acknowledged)
		return err
	})
	return found, err
}

// patiently opens a data directory that may still be locked for a moment: a process that is being started has all that this one has
// open, also a lock that was closed meanwhile, until it has become another program.
func patiently[T any](open func() (T, error)) (T, error) {
	for tries := 0; ; tries++ {
		v, err := open()
		if !errors.Is(err, syscall.EWOULDBLOCK) || tries == 5000 {
			return v, err
		}
		<-time.After(time.Millisecond)
	}
}

func contradictions(tx store.Tx, acknowledged log) ([]string, error) {
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	rows, err := tx.Query(context.Background(), "SELECT write, count(*), min(parts), max(parts) FROM entries GROUP BY write")
	if err != nil {
		return nil, err
	}
	kept, sum, unknown := log{}, int64(0), map[int64]int{}
	for _, r := range rows {
		id, n := r[0].(int64), r[1].(int64)
		kept[id] = true
		sum += n
		if n != r[2].(int64) || n != r[3].(int64) {
			say("write %d: %d of %v rows", id, n, r[2])
		}
		if refused(id) {
			say("write %d was refused and is there", id)
		}
		if !acknowledged[id] {
			unknown[id/perRound]++
		}
	}
	for id := range acknowledged {
		if !kept[id] {
			say("write %d was acknowledged and is lost", id)
		}
	}
	for round, n := range unknown { // a writer waits for one answer before it asks again
		if n > writers {
			say("round %d: %d writes nobody knows of, by %d writers", round, n, writers)
		}
	}
	return found, whole(tx, sum, say)
}

// whole compares the total and looks for damage.
func whole(tx store.Tx, sum int64, say func(string, ...any)) error {
	total, err := tx.Query(context.Background(), "SELECT rows FROM total")
	if err != nil {
		return err
	}
	if len(total) != 1 || total[0][0] != sum {
		say("the total is %v, there are %d rows", total, sum)
	}
	verdict, err := tx.Query(context.Background(), "PRAGMA integrity_check")
	if err != nil {
		return err
	}
	if verdict[0][0] != "ok" {
		say("integrity: %v", verdict)
	}
	return nil
}
