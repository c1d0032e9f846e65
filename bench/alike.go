package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// compareAnswers looks whether all servers of a contest answer a kind of reads alike, before they are measured.
func (c *contest) compareAnswers(k kind) error {
	for _, s := range c.servers[1:] {
		mine, theirs := c.servers[0].ask(k, c.servers[0].addr), s.ask(k, s.addr)
		for i := 0; i < len(theirs); i += len(theirs)/20 + 1 {
			if err := alike(k, c.servers[0], mine[i], s, theirs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// alike compares two answers: as JSON values, or, where forms differ, what is in them.
func alike(k kind, a *server, one []byte, b *server, two []byte) error {
	form := canonical
	if b.name == pocketBase {
		form = essence
	}
	x, err := fetch(a.addr, one, form)
	if err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	y, err := fetch(b.addr, two, form)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	if x != y {
		first, _, _ := bytes.Cut(one, []byte(" HTTP/"))
		return fmt.Errorf("%s: the answers to %s differ:\n%-10s %s\n%-10s %s", k.name, first, a.name, x, b.name, y)
	}
	return nil
}

// fetch sends a complete message and gives its answer in some form.
func fetch(addr string, message []byte, form func(http.Header, any) (string, error)) (string, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(message)))
	if err != nil {
		return "", err
	}
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", addr
	answer, err := (&http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}).Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode/100 != 2 {
		return "", fmt.Errorf("%s %s: %s: %s", r.Method, r.URL, answer.Status, body)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return "", fmt.Errorf("%s: %w", body, err)
	}
	return form(answer.Header, v)
}

// canonical is the whole answer and the number of all rows, where it was asked for.
func canonical(h http.Header, v any) (string, error) {
	out, err := json.Marshal(v)
	_, all, _ := strings.Cut(h.Get("Content-Range"), "/")
	return string(out) + strings.TrimPrefix(all, "*"), err
}

// essence is what an answer of either form says: its rows in their order, whatever they embed, and the number of all, if asked for.
// Instants are left out: they are written differently.
func essence(h http.Header, v any) (string, error) {
	_, all, _ := strings.Cut(h.Get("Content-Range"), "/")
	all = strings.TrimPrefix(all, "*")
	rows, ok := v.([]any)
	if m, isObject := v.(map[string]any); isObject {
		if rows, ok = m["items"].([]any); !ok {
			rows, ok = []any{m}, true
		}
		if n, _ := m["totalItems"].(float64); n > 0 {
			all = fmt.Sprint(int64(n))
		}
	}
	if !ok || len(rows) == 0 {
		return "", fmt.Errorf("no rows: %v", v)
	}
	var out strings.Builder
	for _, row := range rows {
		m, _ := row.(map[string]any)
		if expanded, ok := m["expand"].(map[string]any); ok {
			m["project"], m["comments"] = expanded["project"], expanded["comments_via_article"]
		}
		project, _ := m["project"].(map[string]any) // otherwise its key
		children, _ := m["comments"].([]any)
		fmt.Fprintln(&out, m["id"], m["number"], m["title"], m["status"], m["priority"], project["key"], keysOf(children))
	}
	return out.String() + all, nil
}

func keysOf(rows []any) []string {
	out := make([]string, 0, len(rows))
	for _, row := range rows {
		m, _ := row.(map[string]any)
		out = append(out, fmt.Sprint(m["id"], " ", m["body"]))
	}
	slices.Sort(out)
	return out
}
