package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// world is what both servers serve, and who asks.
type world struct {
	options
	dir   string
	rows  *rows
	keys  struct{ Publishable, Secret string }
	users []user
}

// user is a member who asks, and what they may see.
type user struct {
	ID, Token string
	Tickets   []string
	Comments  []string // their own
}

const askers = 6

func newWorld(o options, dir string) (*world, error) {
	w := &world{options: o, dir: dir}
	var err error
	if w.rows, err = readRows(filepath.Join(o.project, "seed")); err != nil {
		return nil, err
	}
	if err := writeDatabase(w.database(), w.rows); err != nil {
		return nil, err
	}
	out, err := w.socle("keys", "--format", "json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &w.keys); err != nil {
		return nil, err
	}
	for _, m := range w.rows.Members[:askers] {
		token, err := w.socle("token", "--sub", m.UserID)
		if err != nil {
			return nil, err
		}
		w.users = append(w.users, w.rows.user(m.UserID, strings.TrimSpace(string(token))))
	}
	return w, nil
}

func (w *world) database() string { return filepath.Join(w.dir, "limit.db") }
func (w *world) data() string     { return filepath.Join(w.dir, "data") }

// socle runs a command of the binary on the project.
func (w *world) socle(command string, args ...string) ([]byte, error) {
	cmd := exec.Command(w.binary, append([]string{command, w.project, "--data", w.data()}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

func (w *world) startSocle(args ...string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	return launch(addr, w.binary, append([]string{"serve", w.project, "--addr", addr, "--data", w.data()}, args...)...)
}

func (w *world) startLimit() (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return launch(addr, self, "-limit", addr, "-rows", w.database())
}

// startUp prints how long the binary takes to be ready on an existing database.
func (w *world) startUp() error {
	var times []time.Duration
	for range 5 {
		p, err := w.startSocle()
		if err != nil {
			return err
		}
		times = append(times, p.up)
		p.stop()
	}
	slices.Sort(times)
	fmt.Printf("start-up        %d ms to /health, the middle of %d starts on an existing database (%d to %d ms)\n",
		times[2].Milliseconds(), len(times), times[0].Milliseconds(), times[4].Milliseconds())
	return nil
}

// pair are the two servers that are compared.
type pair struct {
	socle, other *process
	name         string                             // of the other
	ask          func(k kind, addr string) [][]byte // what the other is asked
}

// beside is the product and the limit, which is asked the same.
func (w *world) beside(socle, limit *process) pair { return pair{socle, limit, "limit", w.requests} }

// readers ask at the same time where the command line does not say how many.
const readers = 8

// crowds are how many ask at the same time: what the command line says, else the usual numbers.
func (w *world) crowds(usual ...int) []int {
	if w.clients > 0 {
		return []int{w.clients}
	}
	return usual
}

// compareReads checks that both servers answer alike, then measures them.
func (w *world) compareReads(p pair) error {
	heading()
	for _, k := range reads {
		if err := w.alike(k, p.socle.addr, p.other.addr); err != nil {
			return err
		}
		for _, clients := range w.crowds(readers) {
			if _, _, err := w.compare(p, k, clients, w.rounds, w.round); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareWrites measures both servers while they write, then looks into both databases for what was acknowledged.
func (w *world) compareWrites(p pair) error {
	heading()
	ours := int64(len(w.rows.Comments))
	theirs := ours
	for _, k := range writes {
		size := int64(1)
		if k.name == "insert of 100" {
			size = bulk
		}
		for _, clients := range w.crowds(32, 500) {
			a, b, err := w.compare(p, k, clients, w.rounds, w.round*2/3)
			if err != nil {
				return err
			}
			ours, theirs = ours+a.created*size, theirs+b.created*size
		}
	}
	return errors.Join(
		kept("socle", filepath.Join(w.data(), "data.db"), ours, w.edits()),
		kept("limit", w.database(), theirs, w.edits()))
}

// edits is the number of different comments that the updates change.
func (w *world) edits() int64 {
	ids := map[string]bool{}
	for _, u := range w.users {
		for i := range variety / len(w.users) {
			ids[u.Comments[i%len(u.Comments)]] = true
		}
	}
	return int64(len(ids))
}

func kept(server, file string, comments, edits int64) error {
	all, some, err := countComments(file, edited)
	if err == nil && (all != comments || some != edits) {
		err = fmt.Errorf("%d comments and %d edits were acknowledged, %d and %d are there", comments, edits, all, some)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", server, err)
	}
	return nil
}

// compare measures both servers in turn and prints how they did.
func (w *world) compare(p pair, k kind, clients, rounds int, length time.Duration) (a, b sample, err error) {
	ours, theirs := w.requests(k, p.socle.addr), p.ask(k, p.other.addr)
	var warm [2]sample
	for round := -1; round < rounds; round++ {
		d := length
		if round < 0 {
			d = length / 3
		}
		one, err := p.socle.drive(ours, clients, d)
		if err != nil {
			return a, b, fmt.Errorf("socle: %w", err)
		}
		two, err := p.other.drive(theirs, clients, d)
		if err != nil {
			return a, b, fmt.Errorf("%s: %w", p.name, err)
		}
		if round < 0 {
			warm = [2]sample{one, two}
			continue
		}
		a, b = a.merge(one), b.merge(two)
	}
	row(k.name, clients, p.name, b, "", "")
	row("", clients, "socle", a, fmt.Sprintf("%.2f", a.rate()/b.rate()), fmt.Sprintf("%.2f", float64(b.perAnswer())/float64(max(1, a.perAnswer()))))
	a.created, b.created = a.created+warm[0].created, b.created+warm[1].created
	return a, b, nil
}

// heading names the columns. The ratios are those of the rates and of the processor times for each request, the limit's to the
// product's: the second feels less of what else the machine does. Aid is the processor time of the database's own processes, 0
// where there are none.
func heading() {
	fmt.Printf("%-22s%8s  %-10s%11s%12s%12s%9s%9s%8s%8s%9s\n", "request", "clients", "server", "requests/s", "p50", "p99", "CPU µs", "bytes", "ratio", "of CPU", "aid µs")
}

func row(kind string, clients int, server string, s sample, ratio, ofCPU string) {
	n := int64(max(1, len(s.answers)))
	fmt.Printf("%-22s%8d  %-10s%11.0f%12s%12s%9d%9d%8s%8s%9d\n", kind, clients, server, s.rate(), ms(s.percentile(.5)), ms(s.percentile(.99)),
		s.perAnswer().Microseconds(), s.bytes/n, ratio, ofCPU, s.aid.Microseconds()/n)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// alike compares both servers' answers to some requests of a kind, as JSON values.
func (w *world) alike(k kind, socle, limit string) error {
	for i := 0; i < variety; i += 11 {
		u := w.users[i%len(w.users)]
		path := "/rest/v1/" + k.message(w, u, i/len(w.users)).path
		one, err := fetch("http://"+socle+path, w.keys.Publishable, u.Token)
		if err != nil {
			return err
		}
		two, err := fetch("http://"+limit+path, w.keys.Publishable, u.Token)
		if err != nil {
			return err
		}
		if one != two {
			return fmt.Errorf("%s differs:\nsocle %s\nlimit %s", path, one, two)
		}
	}
	return nil
}

// fetch gives the answer's JSON in one canonical form.
func fetch(url, key, token string) (string, error) {
	return fetchAs(url, "Bearer "+token, "apikey", key)
}

// fetchAs is fetch with an Authorization header and others.
func fetchAs(url, authorization string, headers ...string) (string, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", authorization)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %s", url, answer.Status, body)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return "", err
	}
	out, err := json.Marshal(v)
	return string(out), err
}
