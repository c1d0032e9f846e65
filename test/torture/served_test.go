package torture

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// built is the path of the command, "" before it is.
var built string

// command builds the command, once.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "socle-torture-")
	if err != nil {
		return "", err
	}
	built = filepath.Join(dir, "socle")
	out, err := exec.Command("go", "build", "-o", built, "github.com/socle-hq/socle/cmd/socle").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return built, nil
})

var serverKills = flag.Int("server-kills", 8, "how often a server is killed under requests")

const longestServed = 300 // acknowledged writes before a kill

func TestNothingAcknowledgedIsLostByAKillOfTheServer(t *testing.T) {
	t.Parallel()
	writes, l := 0, told.begin("server")
	for done := 0; done < *serverKills && !t.Failed(); done += perDatabase {
		writes += besiege(t, min(perDatabase, *serverKills-done), l)
	}
	l.end(*serverKills, writes)
	t.Logf("%d kills of the server, %d acknowledged requests", *serverKills, writes)
	if writes < *serverKills*longestServed/10 {
		t.Errorf("only %d requests were acknowledged: too few to tell", writes)
	}
}

// besieged is a project that is served by one process after the other.
type besieged struct {
	t         *testing.T
	socle     string
	dir, data string
	client    *client
	wires     *http.Transport
	line      *line
}

// besiege kills n servers of one database; it gives the number of acknowledged requests.
func besiege(t *testing.T, n int, l *line) int {
	t.Helper()
	socle, err := command()
	if err != nil {
		t.Fatal(err)
	}
	b := &besieged{t: t, socle: socle, dir: t.TempDir(), client: newClient(), line: l, wires: &http.Transport{MaxIdleConnsPerHost: writers}}
	b.data = filepath.Join(b.dir, "data")
	declare(t, b.dir, 0)
	out, err := exec.Command(socle, "keys", b.dir, "--data", b.data, "--format", "json").CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	_, rest, _ := strings.Cut(string(out), `"secret":`)
	b.client.secret = strings.Split(rest, `"`)[1]
	for round := range n {
		declare(t, b.dir, round/3%2)
		if rand.IntN(8) == 0 {
			b.start(time.Duration(rand.IntN(100_000)) * time.Microsecond).end()
		}
		b.round(round, 1+rand.IntN(longestServed))
	}
	s := b.start(0)
	b.look(n, s)
	s.end()
	return len(b.client.known)
}

// round serves, looks at what the kill before left, writes, and kills the server after so many acknowledgements.
func (b *besieged) round(round, some int) {
	s := b.start(0)
	defer s.end()
	b.look(round, s)
	var heard atomic.Int64
	b.client.heard = func(int64) {
		if heard.Add(1) == int64(some) {
			go func() {
				<-time.After(time.Duration(rand.IntN(3_000)) * time.Microsecond)
				s.cmd.Process.Kill()
			}()
		}
	}
	if err := b.client.load(int64(round), perWriter); err != nil {
		b.t.Errorf("kill %d: %v", round, err)
	}
	b.client.heard = nil
}

// look compares what is served with what is known.
func (b *besieged) look(round int, s *served) {
	b.t.Helper()
	b.client.ask = func(r *http.Request) (*http.Response, error) {
		r.URL.Host = s.addr
		return b.wires.RoundTrip(r)
	}
	found := b.client.repeat()
	more, err := examine(b.data, b.client.known)
	if err != nil {
		more = append(more, err.Error())
	}
	for _, f := range b.line.found(append(found, more...)) {
		b.t.Errorf("kill %d: %s", round, f)
	}
	if b.t.Failed() {
		s.end()
		b.t.FailNow()
	}
}

// served is one process.
type served struct {
	cmd   *exec.Cmd
	addr  string
	ended chan struct{}
}

// start begins a process and waits until it listens; where patience is not 0, it is killed after that instead.
func (b *besieged) start(patience time.Duration) *served {
	b.t.Helper()
	s := &served{cmd: exec.Command(b.socle, "serve", b.dir, "--addr", "127.0.0.1:0", "--data", b.data, "--apply"), ended: make(chan struct{})}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(s.end)
	said := make(chan string, 1)
	go func() {
		defer close(s.ended)
		said <- follows(out)
		s.cmd.Wait()
	}()
	if patience > 0 {
		<-time.After(patience)
		return s
	}
	if line := <-said; strings.HasPrefix(line, "127.0.0.1:") {
		s.addr = line
	} else {
		b.t.Fatalf("the server does not start: %s", line)
	}
	return s
}

// follows gives the address that a server says it listens on, or all it said where it ended before. What it says later is read and
// dropped.
func follows(out interface{ Read([]byte) (int, error) }) string {
	lines, all := bufio.NewScanner(out), ""
	for lines.Scan() {
		_, addr, ok := strings.Cut(lines.Text(), "msg=listening url=http://")
		if ok {
			go func() {
				for lines.Scan() {
				}
			}()
			return strings.Fields(addr)[0]
		}
		all += lines.Text() + "\n"
	}
	return all
}

// end kills the process, where it is still there, and waits for it.
func (s *served) end() {
	s.cmd.Process.Kill()
	<-s.ended
}
