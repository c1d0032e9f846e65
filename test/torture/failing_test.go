package torture

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/cli"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/test/power"
)

// onDisk is a command that serves in this process, on a disk that is watched.
type onDisk struct {
	t      *testing.T
	rec    *recording
	disk   *power.Disk
	data   string
	addr   string
	said   *testkit.Said
	stop   context.CancelFunc
	exited chan int
}

// serveOn runs `socle serve` until its disk fails, or stop.
func serveOn(t *testing.T) *onDisk {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &onDisk{t: t, rec: &recording{client: newClient()}, data: folder(t), said: &testkit.Said{}, stop: stop, exited: make(chan int, 1)}
	var err error
	if s.disk, err = power.Watch(s.data); err != nil {
		t.Fatal(err)
	}
	for version := range s.rec.projects {
		s.rec.projects[version] = t.TempDir()
		declare(t, s.rec.projects[version], version)
	}
	go func() {
		s.exited <- cli.Run(ctx, []string{"serve", s.rec.projects[0], "--addr", "127.0.0.1:0", "--data", s.data, "--apply"}, io.Discard, s.said)
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.addr == "" {
		select {
		case <-tick.C:
			if _, rest, ok := strings.Cut(s.said.String(), "msg=listening url=http://"); ok && strings.Contains(rest, "\n") {
				s.addr = strings.Fields(rest)[0]
			}
		case code := <-s.exited:
			t.Fatalf("exit %d: %s", code, s.said)
		}
	}
	t.Cleanup(func() {
		stop()
		s.disk.Forget()
	})
	s.rec.keys = read(t, filepath.Join(s.data, "keys"))
	keys, err := auth.Load(s.data, "", clock.System())
	if err != nil {
		t.Fatal(err)
	}
	s.rec.client.secret = keys.Secret
	s.rec.client.heard = s.disk.Mark
	wires := &http.Transport{MaxIdleConnsPerHost: writers}
	s.rec.client.ask = func(r *http.Request) (*http.Response, error) {
		r.URL.Host = s.addr
		return wires.RoundTrip(r)
	}
	return s
}

// reads is the status of a read.
func (s *onDisk) reads() int {
	req, err := http.NewRequest("GET", "http://"+s.addr+"/rest/v1/entries?select=id&limit=1", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("apikey", s.rec.client.secret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// cuts cuts the power after everything, and at other moments.
func (s *onDisk) cuts(n int) {
	s.rec.ops = s.disk.Ops()
	again := 0
	for _, f := range s.rec.cut(s.t, n, rand.New(rand.NewPCG(6, 6)), &again, &line{}) {
		s.t.Error(f)
	}
}

func TestAServerWhoseDiskFailsStopsWithAnErrorAndLosesNothing(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]struct {
		kind power.Kind
		rc   int32
	}{"a sync": {power.Sync, power.BrokenSync}, "a write": {power.Write, power.Broken}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveOn(t)
			if err := s.rec.client.load(0, 3); err != nil {
				t.Fatal(err)
			}
			var once atomic.Bool
			s.disk.Refuse(func(op power.Op) int32 {
				if op.Kind == fails.kind && strings.HasSuffix(op.Name, "-wal") && once.CompareAndSwap(false, true) {
					return fails.rc
				}
				return power.Pass
			})
			before := len(s.rec.client.known)
			if err := s.rec.client.load(1, 50); err == nil || !strings.Contains(err.Error(), "503") || len(s.rec.client.known) > before+writers {
				t.Errorf("after the disk had failed %d writes were acknowledged, and writers got %v", len(s.rec.client.known)-before, err)
			}
			if code := <-s.exited; code == 0 {
				t.Error("the exit code is 0")
			}
			for _, want := range []string{"the store has failed; nothing more is acknowledged", "The database cannot be written any more"} {
				if !strings.Contains(s.said.String(), want) {
					t.Errorf("nothing about %q in\n%s", want, s.said)
				}
			}
			s.cuts(8)
		})
	}
}

func TestAServerOnAFullDiskReadsAndHeals(t *testing.T) {
	t.Parallel()
	s := serveOn(t)
	if err := s.rec.client.load(0, 3); err != nil {
		t.Fatal(err)
	}
	s.disk.Refuse(func(op power.Op) int32 {
		if op.Kind == power.Write && strings.HasPrefix(op.Name, "data.db") {
			return power.Full
		}
		return power.Pass
	})
	before := len(s.rec.client.known)
	for id := range int64(20) {
		if err := s.rec.client.write(perRound + id); kindOf(id) != refusedByRule && (err == nil || !strings.Contains(err.Error(), ": 507 ")) {
			t.Errorf("a write got %v", err)
		}
		if status := s.reads(); status != 200 {
			t.Errorf("a read got %d", status)
		}
	}
	if n := len(s.rec.client.known); n != before {
		t.Errorf("%d writes were acknowledged without room", n-before)
	}
	s.disk.Refuse(nil)
	if err := s.rec.client.load(2, 3); err != nil {
		t.Errorf("after there was room: %v", err)
	}
	s.stop()
	if code := <-s.exited; code != 0 {
		t.Errorf("exit %d: %s", code, s.said)
	}
	s.cuts(8)
}
