package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// flood is many clients, in a process of their own, that ask again as soon as they are answered, whatever the answer was.
type flood struct {
	Addr, Key         string
	Writes            bool
	Slow              int // quick requests of each client before slow ones; 0: none are slow
	Clients, Requests int

	answered, refused atomic.Int64
	mu                sync.Mutex
	took              []time.Duration
	wrong             []string
}

// outcome is what a flood met.
type outcome struct {
	Answered, Refused int64
	P50, P99          time.Duration
	Wrong             []string
}

// run has the flood happen.
func (f *flood) run(t *testing.T) (out outcome) {
	t.Helper()
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "flood", string(raw))
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(said, &out)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	t.Logf("%d clients: %d answered, %d refused, p50 %v, p99 %v", f.Clients, out.Answered, out.Refused, out.P50.Round(time.Millisecond), out.P99.Round(time.Millisecond))
	if len(out.Wrong) > 0 {
		t.Errorf("%d went wrong, first: %s", len(out.Wrong), out.Wrong[0])
	}
	return out
}

// happen is the flood, in its process.
func (f *flood) happen() outcome {
	var wg, all sync.WaitGroup
	all.Add(f.Clients)
	for n := range f.Clients {
		wg.Go(func() {
			conn, err := net.Dial("tcp", f.Addr)
			all.Done()
			all.Wait() // they begin together
			if err != nil {
				f.say(err.Error())
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for i := range f.Requests {
				if err := f.ask(conn, in, f.message(n, i)); err != nil {
					f.say(err.Error())
					return
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(f.took)
	out := outcome{Answered: f.answered.Load(), Refused: f.refused.Load(), Wrong: f.wrong}
	if n := len(f.took); n > 0 {
		out.P50, out.P99 = f.took[n/2], f.took[n*99/100]
	}
	return out
}

func (f *flood) say(wrong string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrong = append(f.wrong, wrong)
}

// ask sends one request; a refusal must be one that a client can go by.
func (f *flood) ask(conn net.Conn, in *bufio.Reader, message string) error {
	begun := time.Now()
	if _, err := io.WriteString(conn, message); err != nil {
		return err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	switch {
	case r.StatusCode/100 == 2:
		f.answered.Add(1)
	case r.StatusCode == http.StatusServiceUnavailable:
		var told struct{ Code, Message, Hint string }
		if err := json.Unmarshal(body, &told); err != nil || told.Code != "PGRST000" || told.Hint == "" || r.Header.Get("Retry-After") == "" {
			return fmt.Errorf("a refusal without a reason: %v %s", r.Header, body)
		}
		f.refused.Add(1)
	case r.StatusCode == http.StatusGatewayTimeout && f.Slow > 0:
		f.refused.Add(1)
	default:
		return fmt.Errorf("%d %s", r.StatusCode, body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took = append(f.took, time.Since(begun))
	return nil
}

func (f *flood) message(client, i int) string {
	switch {
	case f.Slow > 0 && i >= f.Slow:
		return fmt.Sprintf("GET /rest/v1/blobs?select=id&id=eq.1&text=ilike.*z%d.%d* HTTP/1.1\r\nHost: a\r\nApikey: %s\r\n\r\n", client, i, f.Key)
	case !f.Writes:
		return reading(f.Key, i)
	}
	body := fmt.Sprintf(`{"id":%d,"title":"new"}`, 1_000_000+client*1000+i)
	return fmt.Sprintf("POST /rest/v1/notes HTTP/1.1\r\nHost: a\r\nApikey: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", f.Key, len(body), body)
}

func reading(key string, i int) string {
	return fmt.Sprintf("GET /rest/v1/notes?id=eq.%d HTTP/1.1\r\nHost: a\r\nApikey: %s\r\n\r\n", 1+i%2000, key)
}

// each runs a story with reads and with writes, on both engines.
func each(t *testing.T, story func(t *testing.T, s *site, f *flood)) {
	for name, writes := range map[string]bool{"reads": false, "writes": true} {
		onBoth(t, name, func(t *testing.T, s *site) { story(t, s, &flood{Addr: s.addr, Key: s.anon, Writes: writes}) })
	}
}

func onBoth(t *testing.T, name string, story func(t *testing.T, s *site)) {
	for engine, database := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "sqlite" },
		"postgres": testkit.PostgresURL,
	} {
		t.Run(engine+" "+name, func(t *testing.T) { story(t, serveOn(t, database(t))) })
	}
}

// Five hundred clients are an ordinary day: nobody is refused.
func TestFiveHundredClientsAreAllServed(t *testing.T) {
	each(t, func(t *testing.T, s *site, f *flood) {
		f.Clients, f.Requests = 500, 40
		s.beside(t, func() {
			if out := f.run(t); out.Refused > 0 {
				t.Errorf("%d were refused", out.Refused)
			}
		})
	})
}

// Five thousand of one caller are more than can be served: some are refused at once, and somebody else does not notice.
func TestAFloodIsRefusedPolitelyAndNobodyElseIs(t *testing.T) {
	each(t, func(t *testing.T, s *site, f *flood) {
		f.Clients, f.Requests = many(t, 5000), 8
		s.beside(t, func() {
			if out := f.run(t); f.Clients >= 5000 && out.Refused == 0 || out.Answered == 0 {
				t.Errorf("%d were answered and %d refused", out.Answered, out.Refused)
			}
		})
	})
}

// Slow reads of one caller begin while many are let in, because they were quick: somebody else does not wait for them all.
func TestSlowReadsAreNobodyElsesMatter(t *testing.T) {
	onBoth(t, "slow reads", func(t *testing.T, s *site) {
		f := &flood{Addr: s.addr, Key: s.anon, Clients: 100, Slow: 100, Requests: 102}
		s.beside(t, func() {
			if out := f.run(t); out.Answered < int64(f.Clients*f.Slow) {
				t.Errorf("%d were answered and %d refused", out.Answered, out.Refused)
			}
		})
	})
}
