package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// sample is what one round measured.
type sample struct {
	took    time.Duration
	answers []time.Duration // sorted
	bytes   int64
	created int64         // answers with status 201
	cpu     time.Duration // the server's
	aid     time.Duration // of what works for it
	failed  int64         // requests without an answer, or with one that refuses
	failure string        // the first of them
}

func (s sample) rate() float64 { return float64(len(s.answers)) / s.took.Seconds() }

// perAnswer is the server's processor time for each answer.
func (s sample) perAnswer() time.Duration { return s.cpu / time.Duration(max(1, len(s.answers))) }

// percentile is the time within which that part of the answers came.
func (s sample) percentile(p float64) time.Duration {
	if len(s.answers) == 0 {
		return 0
	}
	rank := int(math.Ceil(p * float64(len(s.answers))))
	return s.answers[min(max(rank, 1), len(s.answers))-1]
}

// merge adds another round.
func (s sample) merge(o sample) sample {
	all := slices.Concat(s.answers, o.answers)
	slices.Sort(all)
	return sample{s.took + o.took, all, s.bytes + o.bytes, s.created + o.created, s.cpu + o.cpu, s.aid + o.aid,
		s.failed + o.failed, cmp.Or(s.failure, o.failure)}
}

// drive sends the requests in a closed loop from n connections for about d. Requests are complete HTTP messages, sent as
// they are: a client library would cost more than the servers measured here.
func drive(ctx context.Context, addr string, requests [][]byte, n int, d time.Duration) (sample, error) {
	var (
		wg      sync.WaitGroup
		parts   = make([]sample, n)
		started = time.Now()
	)
	for i := range n {
		wg.Go(func() { parts[i] = loop(ctx, addr, requests, i*len(requests)/n, started.Add(d)) })
	}
	wg.Wait()
	return gather(parts, time.Since(started)), ctx.Err()
}

// gather is what connections measured together.
func gather(parts []sample, took time.Duration) sample {
	total := sample{took: took}
	for _, p := range parts {
		total.answers = append(total.answers, p.answers...)
		total.bytes, total.created, total.failed = total.bytes+p.bytes, total.created+p.created, total.failed+p.failed
		total.failure = cmp.Or(total.failure, p.failure)
	}
	slices.Sort(total.answers)
	return total
}

// loop is one connection's work until the end of the round.
func loop(ctx context.Context, addr string, requests [][]byte, from int, end time.Time) sample {
	c := caller{addr: addr}
	defer c.close()
	for i := from; ctx.Err() == nil; i++ {
		begun := time.Now()
		if begun.After(end) {
			break
		}
		c.ask(requests[i%len(requests)], begun)
	}
	return c.sample
}

// caller is a connection, made anew after a failure, and what was measured on it.
type caller struct {
	sample
	addr string
	conn net.Conn
	in   *bufio.Reader
}

// patience is how long an answer may take.
const patience = 20 * time.Second

func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// ask sends a request and waits for its answer; its time counts from begun.
func (c *caller) ask(request []byte, begun time.Time) {
	status, size, err := c.exchange(request)
	switch {
	case err != nil:
		c.fail(request, err.Error())
		c.close()
		time.Sleep(time.Millisecond) // a server that refuses connections is not asked in a spin
	case status/100 != 2:
		c.fail(request, fmt.Sprintf("status %d", status))
	default:
		c.answers = append(c.answers, time.Since(begun))
		c.bytes += size
		if status == http.StatusCreated {
			c.created++
		}
	}
}

func (c *caller) exchange(request []byte) (status int, size int64, err error) {
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.addr, patience); err != nil {
			c.conn = nil
			return 0, 0, err
		}
		c.in = bufio.NewReaderSize(c.conn, 64<<10)
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, 0, err
	}
	return skim(c.in)
}

func (c *caller) fail(request []byte, why string) {
	first, _, _ := bytes.Cut(request, []byte("\r\n"))
	c.failed++
	c.failure = cmp.Or(c.failure, fmt.Sprintf("%.60s: %s", first, why))
}

// skim reads one response and gives its status and the size of its body.
func skim(in *bufio.Reader) (status int, size int64, err error) {
	length, chunked := int64(-1), false
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case n == 0:
			status, _ = strconv.Atoi(string(bytes.Fields(line)[1]))
		case len(line) == 0:
			if chunked {
				size, err = skimChunks(in)
				return status, size, err
			}
			_, err := io.CopyN(io.Discard, in, max(0, length))
			return status, max(0, length), err
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, _ = strconv.ParseInt(string(value), 10, 64)
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
}

func skimChunks(in *bufio.Reader) (int64, error) {
	var total int64
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return total, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return total, err
		}
		if _, err := io.CopyN(io.Discard, in, size+2); err != nil || size == 0 {
			return total, err
		}
		total += size
	}
}
