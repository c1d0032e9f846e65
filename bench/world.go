package main

import (
	"encoding/json"
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
		w.users = append(w.users, user{m.UserID, strings.TrimSpace(string(token)), w.rows.visible(m.UserID)})
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

// kinds are the requests measured; each gives the path of its i-th request.
var kinds = []struct {
	name string
	path func(w *world, u user, i int) string
}{
	{"by id", func(_ *world, u user, i int) string {
		return "tickets?select=id,number,title,body,status,priority,created_at&id=eq." + u.Tickets[i*7%len(u.Tickets)]
	}},
	{"list of 30", func(_ *world, _ user, i int) string {
		return "tickets?select=id,number,title,status,priority,created_at&status=eq." + statuses[i%len(statuses)] + "&order=created_at.desc&limit=30"
	}},
	{"with embeds", func(_ *world, _ user, i int) string {
		return "tickets?select=id,number,title,status,created_at,project:projects(key,name),comments(id,body,created_at)&status=eq." +
			statuses[i%len(statuses)] + "&order=created_at.desc&limit=30"
	}},
}

var statuses = []string{"done", "open", "doing", "review"}

const variety = 240

// requests are the complete HTTP messages of a kind.
func (w *world) requests(kind int, addr string) [][]byte {
	var out [][]byte
	for i := range variety {
		u := w.users[i%len(w.users)]
		out = append(out, fmt.Appendf(nil, "GET /rest/v1/%s HTTP/1.1\r\nHost: %s\r\napikey: %s\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n",
			kinds[kind].path(w, u, i/len(w.users)), addr, w.keys.Publishable, u.Token))
	}
	return out
}

// compare checks that both servers answer alike, then measures them in turn and prints a table.
func (w *world) compare(socle, limit *process) error {
	fmt.Printf("%-14s%-8s%12s%10s%10s%12s%9s\n", "request", "server", "requests/s", "p50", "p99", "bytes", "ratio")
	for k, kind := range kinds {
		if err := w.alike(k, socle.addr, limit.addr); err != nil {
			return err
		}
		ours, theirs := w.requests(k, socle.addr), w.requests(k, limit.addr)
		var a, b sample
		for round := -1; round < w.rounds; round++ {
			length := w.round
			if round < 0 {
				length = w.round / 3
			}
			one, err := drive(socle.addr, ours, w.clients, length)
			if err != nil {
				return fmt.Errorf("socle: %w", err)
			}
			two, err := drive(limit.addr, theirs, w.clients, length)
			if err != nil {
				return fmt.Errorf("limit: %w", err)
			}
			if round >= 0 {
				a, b = a.merge(one), b.merge(two)
			}
		}
		row(kind.name, "limit", b, "")
		row("", "socle", a, fmt.Sprintf("%.2f", a.rate()/b.rate()))
	}
	return nil
}

func row(kind, server string, s sample, ratio string) {
	fmt.Printf("%-14s%-8s%12.0f%10s%10s%12d%9s\n", kind, server, s.rate(), ms(s.percentile(.5)), ms(s.percentile(.99)), s.bytes/int64(max(1, len(s.answers))), ratio)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// alike compares both servers' answers to some requests of a kind, as JSON values.
func (w *world) alike(kind int, socle, limit string) error {
	for i := 0; i < variety; i += 11 {
		u := w.users[i%len(w.users)]
		path := "/rest/v1/" + kinds[kind].path(w, u, i/len(w.users))
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
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("apikey", key)
	req.Header.Set("Authorization", "Bearer "+token)
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
