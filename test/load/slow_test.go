package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// Connections that send nothing, or their headers letter by letter, hold nothing but themselves, and are closed.
func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.beside(t, func() {
		var wg sync.WaitGroup
		var answered atomic.Int64
		for i := range 400 {
			conn := s.dial(t)
			wg.Go(func() { // a letter at a time, until the server has had enough
				tick := time.NewTicker(500 * time.Millisecond)
				defer tick.Stop()
				text := s.head("GET /rest/v1/notes HTTP/1.1", "X-A: "+strings.Repeat("a", 10_000))
				for n := range len(text) {
					if _, err := io.WriteString(conn, text[n:n+1]); err != nil || i%2 == 0 {
						return
					}
					<-tick.C
				}
			})
			wg.Go(func() {
				if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && r.StatusCode < 400 {
					answered.Add(1)
				}
			})
		}
		wg.Wait() // every connection ended
		if answered.Load() > 0 {
			t.Errorf("%d got an answer", answered.Load())
		}
	})
}

// Thousands of sockets are open, half of them silent from the beginning, half after a request; others come and are served.
func TestIdleSocketsAreNobodysMatter(t *testing.T) {
	s := serve(t)
	n := many(t, 5000)
	s.beside(t, func() {
		var wg sync.WaitGroup
		for i := range n {
			conn := s.dial(t)
			if i%2 == 0 {
				continue
			}
			wg.Go(func() {
				io.WriteString(conn, reading(s.anon, i))
				if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
					t.Error(err)
				} else {
					io.Copy(io.Discard, r.Body)
				}
			})
			if i%200 == 1 {
				wg.Wait()
			}
		}
		wg.Wait()
		for i := range 200 { // each on a connection of its own
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			if wrong := s.ordinary(client, s.secret, i); wrong != "" {
				t.Fatal(wrong)
			}
		}
	})
}

// More clients than there may be files open do not keep others out: who has been silent for longest makes room, the database finds
// its files, and nothing that was confirmed is lost.
func TestThereAreAlwaysFilesForOthers(t *testing.T) {
	for engine, database := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "sqlite" },
		"postgres": testkit.PostgresURL,
	} {
		t.Run(engine, func(t *testing.T) {
			s := ready(t, database(t))
			s.files = 256
			s.start(t)
			s.beside(t, func() {
				for i := range 400 {
					conn := s.dial(t)
					if i%2 == 0 {
						continue // says nothing
					}
					io.WriteString(conn, reading(s.anon, i))
					if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || r.StatusCode != http.StatusOK {
						t.Errorf("client %d: %v", i, err)
					}
				}
				f := &flood{Addr: s.addr, Key: s.anon, Writes: true, Clients: 50, Requests: 10}
				if out := f.run(t); out.Refused > 0 || out.Answered != 500 {
					t.Errorf("%d writes were answered and %d refused", out.Answered, out.Refused)
				}
				if kept := s.count(t, "/rest/v1/notes?id=gte.1000000"); kept != 500 {
					t.Errorf("%d of 500 writes were kept", kept)
				}
			})
		})
	}
}

// Bodies that come slowly keep no place and no connection to the database, and end.
func TestSlowBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.beside(t, func() {
		var wg sync.WaitGroup
		for i := range 600 {
			conn := s.dial(t)
			path, length := "/rest/v1/notes", 1<<20
			if i%3 == 0 {
				path, length = "/auth/v1/signup", 1000
			}
			io.WriteString(conn, s.head("POST "+path+" HTTP/1.1", "Content-Type: application/json", fmt.Sprintf("Content-Length: %d", length))+"\r\n{")
			wg.Go(func() {
				if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && r.StatusCode < 400 {
					t.Errorf("half a body is answered with %d", r.StatusCode)
				}
			})
		}
		wg.Wait()
	})
}

// Large answers that nobody reads are held in memory up to a bound, of which one caller never has all, and keep no place.
func TestSlowReadersOfLargeAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for engine, database := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "sqlite" },
		"postgres": testkit.PostgresURL,
	} {
		t.Run(engine, func(t *testing.T) { slowReaders(t, serveOn(t, database(t))) })
	}
}

func slowReaders(t *testing.T, s *site) {
	const readers = 60
	large := func(key string) string {
		return "GET /rest/v1/blobs HTTP/1.1\r\nHost: a\r\nApikey: " + key + "\r\n\r\n"
	}
	token := s.token(t, bob)
	s.beside(t, func() {
		var refused, begun atomic.Int64
		var wg sync.WaitGroup
		for range readers {
			conn := s.dial(t)
			conn.(*net.TCPConn).SetReadBuffer(4096)
			io.WriteString(conn, large(s.anon))
			wg.Go(func() { // reads the beginning of the answer and no more
				r, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
				switch {
				case err != nil:
					t.Error(err)
				case r.StatusCode == http.StatusOK:
					begun.Add(1)
				case r.StatusCode == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != "":
					refused.Add(1)
				default:
					t.Errorf("%d", r.StatusCode)
				}
			})
		}
		wg.Wait()
		most := s.resident()
		t.Logf("%d begun, %d refused, %d MiB", begun.Load(), refused.Load(), most)
		if most > 420 { // 256 for what is held, and the server's own
			t.Errorf("the server has taken %d MiB", most)
		}
		if begun.Load() == 0 || refused.Load() == 0 {
			t.Errorf("%d have begun, %d were refused", begun.Load(), refused.Load())
		}
		r, err := http.NewRequest("GET", "http://"+s.addr+"/rest/v1/blobs", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Apikey", s.anon)
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if n, err := io.Copy(io.Discard, answer.Body); err != nil || n < 1<<16 || answer.StatusCode != 200 {
			t.Errorf("another's large answer: %d, %d bytes, %v", answer.StatusCode, n, err)
		}
	})
}

// count is how many rows an address has.
func (s *site) count(t *testing.T, path string) int {
	t.Helper()
	r, err := http.NewRequest("HEAD", "http://"+s.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Apikey", s.anon)
	r.Header.Set("Prefer", "count=exact")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, total, _ := strings.Cut(answer.Header.Get("Content-Range"), "/")
	n, err := strconv.Atoi(total)
	if err != nil {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	return n
}
