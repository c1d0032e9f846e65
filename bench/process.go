package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under measurement.
type process struct {
	cmd  *exec.Cmd
	addr string
	log  *os.File
	born time.Time
	up   time.Duration // from its start to the first healthy answer
	dead chan struct{}
	aid  func() time.Duration // processor time of what works for it; nil: nothing does
}

// launch starts a server and waits until /health answers 200.
func launch(addr, binary string, args ...string) (*process, error) {
	log, err := os.CreateTemp("", "socle-bench-*.log")
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(binary, args...), addr: addr, log: log, born: time.Now(), dead: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.dead)
	}()
	for time.Since(p.born) < time.Minute {
		select {
		case <-p.dead:
			return nil, fmt.Errorf("%s %s ended:\n%s", binary, strings.Join(args, " "), p.said())
		case <-time.After(time.Millisecond):
		}
		if p.healthy() {
			p.up = time.Since(p.born)
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s did not become healthy within a minute", binary)
}

func (p *process) healthy() bool {
	conn, err := net.DialTimeout("tcp", p.addr, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + p.addr + "/health")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// said is what the server logged.
func (p *process) said() []byte {
	text, _ := os.ReadFile(p.log.Name())
	return text
}

// stop ends the server, politely first.
func (p *process) stop() {
	defer os.Remove(p.log.Name())
	defer p.log.Close()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.dead:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.dead
	}
}

// resident is the process's memory now, highest its highest so far, in MiB; 0 where the system does not say.
func (p *process) resident() float64 { return p.memory("VmRSS:") }
func (p *process) highest() float64  { return p.memory("VmHWM:") }

func (p *process) memory(field string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == field {
			kib, _ := strconv.ParseFloat(words[1], 64)
			return kib / 1024
		}
	}
	return 0
}

// cpu is the processor time it has used, in steps of 10 ms; 0 where the system does not say.
func (p *process) cpu() time.Duration { return cpuOf(p.cmd.Process.Pid, 11, 13) }

// cpuOf adds up fields of a process's statistics that are times: 11 and 12 are its own, 13 and 14 its children's that ended.
func cpuOf(pid, from, to int) time.Duration {
	words := statOf(pid)
	if len(words) < to {
		return 0
	}
	const tick = 10 * time.Millisecond
	total := 0
	for _, w := range words[from:to] {
		n, _ := strconv.Atoi(w)
		total += n
	}
	return time.Duration(total) * tick
}

// statOf is what the system says about a process after its name; nil where it says nothing.
func statOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// metered is what a load measures, with the processor time that the server took meanwhile.
func (p *process) metered(load func(addr string) (sample, error)) (sample, error) {
	aid := p.aid
	if aid == nil {
		aid = func() time.Duration { return 0 }
	}
	before, aided := p.cpu(), aid()
	s, err := load(p.addr)
	s.cpu, s.aid = p.cpu()-before, aid()-aided
	return s, err
}

// settle waits until the server has done what nobody waits for any more, for at most some seconds.
func (p *process) settle() {
	const pause, most = 50 * time.Millisecond, 100
	for range most {
		before := p.cpu()
		time.Sleep(pause)
		if p.cpu()-before <= pause/5 {
			return
		}
	}
}

// freeAddr is a loopback address nobody listens on at this moment.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
