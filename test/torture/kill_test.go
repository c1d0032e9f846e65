package torture

import (
	"bufio"
	"context"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

var kills = flag.Int("kills", 25, "how often the writing process is killed")

const (
	perDatabase = 25  // kills; then a new one is begun
	longest     = 500 // acknowledged writes before a kill
)

func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	t.Parallel()
	writes, l := 0, told.begin("store")
	for done := 0; done < *kills && !t.Failed(); done += perDatabase {
		writes += torment(t, min(perDatabase, *kills-done), l)
	}
	l.end(*kills, writes)
	t.Logf("%d kills, %d acknowledged writes", *kills, writes)
	if writes < *kills*longest/10 {
		t.Errorf("only %d writes were acknowledged: too few to tell", writes)
	}
}

// torment kills n processes on one database; it gives the number of acknowledged writes.
func torment(t *testing.T, n int, l *line) int {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	acknowledged := log{}
	for round := range n {
		kill(t, dir, round, acknowledged)
		found, err := judge(dir, acknowledged)
		if err != nil {
			t.Fatalf("kill %d: %v", round, err)
		}
		for _, f := range l.found(found) {
			t.Errorf("kill %d: %s", round, f)
		}
	}
	return len(acknowledged)
}

// kill starts a process that writes, reads what it acknowledges, and kills it at some moment: mostly among the writes, at times
// while it opens the database.
func kill(t *testing.T, dir string, round int, acknowledged log) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dirVariable+"="+dir, roundVariable+"="+strconv.Itoa(round))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	in, err := cmd.StdinPipe() // closed with this process, and the other ends
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if rand.IntN(8) == 0 {
		<-time.After(time.Duration(rand.IntN(30_000)) * time.Microsecond)
		cmd.Process.Kill()
	}
	follow(t, out, acknowledged, 1+rand.IntN(longest), func() {
		<-time.After(time.Duration(rand.IntN(3_000)) * time.Microsecond)
		cmd.Process.Kill()
	})
	cmd.Wait()
	if complaint.Len() > 0 {
		t.Errorf("kill %d: %s", round, complaint.String())
	}
}

// follow reads acknowledgements to the end; after some of them it calls enough, once.
func follow(t *testing.T, out io.Reader, acknowledged log, some int, enough func()) {
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		id, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			t.Errorf("the process said %q", lines.Text())
		}
		acknowledged[id] = true
		if n == some {
			go enough() // what is said meanwhile counts
		}
	}
}

func TestTheJudgeSeesWhatIsLostAndWhatIsHalf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sqlite.Open(dir, sqlite.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	err = prepare(s)
	for _, id := range []int64{4, 9, 14} {
		if err == nil {
			err = s.Write(context.Background(), func(tx store.Tx) error { return put(tx, id) })
		}
	}
	if err == nil {
		err = s.Write(context.Background(), func(tx store.Tx) error {
			_, err := tx.Exec(context.Background(), "DELETE FROM entries WHERE write = 9 AND part = 2")
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	found, err := judge(dir, log{4: true, 9: true, 14: true, 19: true})
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(found, "\n")
	for _, want := range []string{"write 9: 4 of 5 rows", "write 19 was acknowledged and is lost", "the total is"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing about %q in\n%s", want, said)
		}
	}
}
