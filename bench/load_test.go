package main

import (
	"bufio"
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSkimReadsResponsesOfEitherFraming(t *testing.T) {
	t.Parallel()
	in := bufio.NewReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" +
		"HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
		"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"))
	for _, want := range []struct {
		status int
		size   int64
	}{{200, 5}, {206, 5}, {404, 0}} {
		status, size, err := skim(in)
		if err != nil || status != want.status || size != want.size {
			t.Errorf("skim gave %d, %d, %v; want %d, %d", status, size, err, want.status, want.size)
		}
	}
}

func TestPercentilesAreNearestRanks(t *testing.T) {
	t.Parallel()
	var s sample
	if got := s.percentile(.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for i := range 1000 {
		s.answers = append(s.answers, time.Duration(i+1))
	}
	for _, c := range []struct {
		of   int
		p    float64
		want time.Duration
	}{{1000, .5, 500}, {1000, .99, 990}, {1000, .999, 999}, {1000, 1, 1000}, {10, .999, 10}, {1, .5, 1}, {3, .5, 2}, {1000, 0, 1}} {
		if got := (sample{answers: s.answers[:c.of]}).percentile(c.p); got != c.want {
			t.Errorf("p%g of %d: %d, want %d", 100*c.p, c.of, got, c.want)
		}
	}
}

func TestRoundsAreMergedWithoutLosingAnything(t *testing.T) {
	t.Parallel()
	a := sample{took: 1, answers: []time.Duration{1, 5}, bytes: 10, created: 1, cpu: 3, aid: 4, failed: 2, failure: "first"}
	b := sample{took: 2, answers: []time.Duration{2}, bytes: 20, created: 2, cpu: 30, aid: 40, failed: 1, failure: "second"}
	got := a.merge(b)
	if !slices.Equal(got.answers, []time.Duration{1, 2, 5}) || got.took != 3 || got.bytes != 30 || got.created != 3 || got.cpu != 33 || got.aid != 44 ||
		got.failed != 3 || got.failure != "first" {
		t.Errorf("%+v", got)
	}
}

func TestALoadCountsWhatIsAnsweredAndWhatIsNot(t *testing.T) {
	t.Parallel()
	var n, refused, dropped, created atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch i := n.Add(1); {
		case i%10 == 3:
			refused.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		case i%10 == 7: // the connection is cut
			dropped.Add(1)
			panic(http.ErrAbortHandler)
		default:
			created.Add(1)
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, "done")
		}
	}))
	defer s.Close()
	addr := s.Listener.Addr().String()
	got, err := drivePaced(t.Context(), addr, [][]byte{get("x").complete("/", addr, "A: b")}, 2000, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if got.created != created.Load() || int64(len(got.answers)) != created.Load() || got.bytes != 4*created.Load() {
		t.Errorf("%d created, %d answers, %d bytes; the server answered %d", got.created, len(got.answers), got.bytes, created.Load())
	}
	if got.failed != refused.Load()+dropped.Load() || got.failure == "" || int64(len(got.answers))+got.failed != 200 {
		t.Errorf("%d failed (%s) of %d; the server refused %d and dropped %d", got.failed, got.failure, len(got.answers), refused.Load(), dropped.Load())
	}
}

func TestALoadOnNobodyFailsAndEnds(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	got, err := drive(t.Context(), addr, [][]byte{get("x").complete("/", addr)}, 2, 20*time.Millisecond)
	if err != nil || got.failed == 0 || len(got.answers) != 0 || got.failure == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRatiosAreMediansOfTheRatiosWithinRounds(t *testing.T) {
	t.Parallel()
	a := &result{rates: []float64{100, 10, 300}, costs: []time.Duration{2, 4, 2}}
	b := &result{rates: []float64{50, 10, 100}, costs: []time.Duration{4, 4, 20}}
	if got := cmp.Or(times(a, b)-2, cheaper(a, b)-2); got != 0 {
		t.Errorf("%v times as fast, %v times as cheap; want 2 and 2", times(a, b), cheaper(a, b))
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median %v", got)
	}
	if times(a, none) != 0 || cheaper(none, a) != 0 {
		t.Error("what was not measured has a ratio")
	}
}
