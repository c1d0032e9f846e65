package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
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
}

func (s sample) rate() float64 { return float64(len(s.answers)) / s.took.Seconds() }

// perAnswer is the server's processor time for each answer.
func (s sample) perAnswer() time.Duration { return s.cpu / time.Duration(max(1, len(s.answers))) }

// percentile is the time within which that part of the answers came.
func (s sample) percentile(p float64) time.Duration {
	if len(s.answers) == 0 {
		return 0
	}
	return s.answers[min(len(s.answers)-1, int(p*float64(len(s.answers))))]
}

// merge adds another round.
func (s sample) merge(o sample) sample {
	all := slices.Concat(s.answers, o.answers)
	slices.Sort(all)
	return sample{s.took + o.took, all, s.bytes + o.bytes, s.created + o.created, s.cpu + o.cpu, s.aid + o.aid}
}

// drive sends the requests in a closed loop from n connections for about d. Requests are complete HTTP messages, sent as
// they are: a client library would cost more than the servers measured here.
func drive(addr string, requests [][]byte, n int, d time.Duration) (sample, error) {
	var (
		wg      sync.WaitGroup
		parts   = make([]sample, n)
		errs    = make([]error, n)
		started = time.Now()
	)
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			parts[i], errs[i] = loop(addr, requests, i*len(requests)/n, started.Add(d))
		}()
	}
	wg.Wait()
	total := sample{took: time.Since(started)}
	for i := range n {
		if errs[i] != nil {
			return total, errs[i]
		}
		total.answers = append(total.answers, parts[i].answers...)
		total.bytes += parts[i].bytes
		total.created += parts[i].created
	}
	slices.Sort(total.answers)
	return total, nil
}

// loop is one connection's work until the end of the round.
func loop(addr string, requests [][]byte, from int, end time.Time) (sample, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return sample{}, err
	}
	defer conn.Close()
	var s sample
	in := bufio.NewReaderSize(conn, 64<<10)
	for i := from; ; i++ {
		begun := time.Now()
		if begun.After(end) {
			return s, nil
		}
		request := requests[i%len(requests)]
		if _, err := conn.Write(request); err != nil {
			return s, err
		}
		status, size, err := skim(in)
		if err != nil {
			return s, err
		}
		switch {
		case status == http.StatusCreated:
			s.created++
		case status/100 != 2:
			line, _, _ := bytes.Cut(request, []byte("\r\n"))
			return s, fmt.Errorf("%s: status %d", line, status)
		}
		s.answers = append(s.answers, time.Since(begun))
		s.bytes += size
	}
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
