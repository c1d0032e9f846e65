package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// site is the served project.
type site struct {
	url, publishable, secret string
	client                   *http.Client
	note                     string
}

const (
	password = "correct horse battery"
	people   = 20 // accounts that are there
)

func known(i int) string   { return fmt.Sprintf("known-%d@example.org", i%people) }
func unknown(i int) string { return fmt.Sprintf("nobody-%d@example.org", i) }

// ask sends a request and gives its status, its body and how long it took.
func (s *site) ask(method, path, key, body string) (int, []byte, time.Duration, error) {
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, 0, err
	}
	r.Header.Set("Apikey", key)
	r.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, nil, 0, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	return answer.StatusCode, raw, time.Since(begun), err
}

// settle makes the accounts, and a row to read.
func (s *site) settle() error {
	for i := range people {
		if code, raw, _, err := s.ask("POST", "/auth/v1/admin/users", s.secret, fmt.Sprintf(`{"email":%q,"password":%q,"email_confirm":true}`, known(i), password)); err != nil || code != 200 {
			return fmt.Errorf("an account: %d %s %w", code, raw, err)
		}
	}
	code, raw, _, err := s.ask("POST", "/rest/v1/notes?select=id", s.secret, `{"text":"read by all"}`)
	if err != nil || code != 201 {
		return fmt.Errorf("a row: %d %s %w", code, raw, err)
	}
	_, raw, _, err = s.ask("GET", "/rest/v1/notes?select=id&limit=1", s.secret, "")
	var rows []struct{ ID string }
	if err == nil {
		err = json.Unmarshal(bytes.TrimSpace(raw), &rows)
	}
	if err != nil || len(rows) != 1 {
		return fmt.Errorf("a row: %s %w", raw, err)
	}
	s.note = "/rest/v1/notes?id=eq." + rows[0].ID
	return nil
}

// kinds are the requests whose time must not tell.
var kinds = []struct{ name, path, body string }{
	{"sign-up", "signup", `{"email":"WHO","password":"another one entirely"}`},
	{"password", "token?grant_type=password", `{"email":"WHO","password":"a wrong guess"}`},
	{"otp", "otp", `{"email":"WHO","create_user":false}`},
	{"magiclink", "magiclink", `{"email":"WHO","create_user":false}`},
	{"recover", "recover", `{"email":"WHO"}`},
	{"resend", "resend", `{"type":"signup","email":"WHO"}`},
}

// compare asks in turn for addresses that have an account and for those that have none. The fastest tenth feels least of what else the
// machine does.
func (s *site) compare(samples int) error {
	fmt.Printf("%-12s%12s%12s%12s%24s\n", "request", "known", "unknown", "difference", "of the fastest tenth")
	for n, k := range kinds {
		var took [2][]time.Duration
		for i := -10; i < samples; i++ { // the first ones warm up
			for j := range 2 {
				side := (i + j) & 1
				who := known(i + 10)
				if side == 1 {
					who = unknown(n*1_000_000 + i + 10)
				}
				code, raw, d, err := s.ask("POST", "/auth/v1/"+k.path, s.publishable, strings.Replace(k.body, "WHO", who, 1))
				if err != nil || code != 200 && code != 400 {
					return fmt.Errorf("%s: %d %s %w", k.name, code, raw, err)
				}
				if i >= 0 {
					took[side] = append(took[side], d)
				}
			}
		}
		a, b := percentile(took[0], .5), percentile(took[1], .5)
		fmt.Printf("%-12s%12s%12s%12s%24s\n", k.name, ms(a), ms(b), ms(a-b), ms(percentile(took[0], .1)-percentile(took[1], .1)))
	}
	fmt.Println()
	return nil
}

// crowded lets many sign in at once, while one client reads a row by its id.
func (s *site) crowded(crowd int) error {
	const length = 6 * time.Second
	end := time.Now().Add(length)
	var mu sync.Mutex
	var wg sync.WaitGroup
	answers := map[int]int{}
	for i := range crowd {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				code, _, _, err := s.ask("POST", "/auth/v1/token?grant_type=password", s.publishable, fmt.Sprintf(`{"email":%q,"password":%q}`, known(i), password))
				if err != nil {
					code = 0
				}
				mu.Lock()
				answers[code]++
				mu.Unlock()
			}
		}()
	}
	var reads []time.Duration
	for time.Now().Before(end) {
		code, raw, d, err := s.ask("GET", s.note, s.publishable, "")
		if err != nil || code != 200 {
			return fmt.Errorf("a read: %d %s %w", code, raw, err)
		}
		reads = append(reads, d)
	}
	wg.Wait()
	fmt.Printf("%d sign in at once: %.1f sign-ins a second, %d turned away; meanwhile %d reads by id, p50 %s, p99 %s; highest memory %s\n\n", crowd,
		float64(answers[200])/length.Seconds(), answers[429], len(reads), ms(percentile(reads, .5)), ms(percentile(reads, .99)), highest())
	if answers[0] > 0 || answers[500] > 0 {
		return fmt.Errorf("sign-ins were answered with %v", answers)
	}
	return nil
}

func percentile(d []time.Duration, p float64) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// highest is the most memory that this process, server and clients together, has had; "unknown" where the system does not say.
func highest() string {
	text, err := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" && err == nil {
			return f[1] + " kB"
		}
	}
	return "unknown"
}
