package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
)

// measurePocketBase compares bin/socle with PocketBase, each with the rules of the same rows: who is not in a ticket's project
// neither sees it nor says anything about it. PocketBase commits without waiting for the disk, as it does by default; socle waits.
func measurePocketBase(o options) error {
	dir, err := os.MkdirTemp("", "socle-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := newWorld(o, dir)
	if err != nil {
		return err
	}
	socle, err := w.startSocle("--apply")
	if err != nil {
		return err
	}
	socle.stop()
	if socle, err = w.startSocle(); err != nil { // on a database that is there, as PocketBase's is
		return err
	}
	defer socle.stop()
	peer, tokens, err := w.startPocketBase()
	if err != nil {
		return err
	}
	defer peer.stop()
	p := pair{socle: socle, other: peer, name: "pocketbase", ask: func(k kind, addr string) [][]byte { return w.peerRequests(k, addr, tokens) }}
	fmt.Printf("start-up        socle %d ms, pocketbase %d ms\nidle memory     socle %.1f MiB, pocketbase %.1f MiB\n\n",
		socle.up.Milliseconds(), peer.up.Milliseconds(), socle.resident(), peer.resident())
	heading()
	for _, k := range reads {
		if err := w.alikeInNumber(k, p, tokens); err != nil {
			return err
		}
	}
	for _, kinds := range [][]kind{reads, writes} {
		for _, k := range kinds {
			crowds := w.crowds(32, 500)
			if k.name == "insert of 100" {
				crowds = w.crowds(32) // of 500, PocketBase cuts connections off
			}
			for _, clients := range crowds {
				if _, _, err := w.compare(p, k, clients, w.rounds, w.round); err != nil {
					return err
				}
			}
		}
	}
	fmt.Printf("\nmemory now      socle %.1f MiB, pocketbase %.1f MiB; highest: socle %.1f MiB, pocketbase %.1f MiB\n",
		socle.resident(), peer.resident(), socle.highest(), peer.highest())
	return nil
}

// startPocketBase fills PocketBase's database and starts it; tokens are by member.
func (w *world) startPocketBase() (*process, map[string]string, error) {
	data := "--dir=" + filepath.Join(w.dir, "pocketbase")
	cmd := exec.Command(w.pocketbase, "fill", filepath.Join(w.project, "seed"), data, "--dev=false")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("fill PocketBase: %w", err)
	}
	tokens := map[string]string{}
	if err := json.Unmarshal(out, &tokens); err != nil {
		return nil, nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	p, err := launch(addr, w.pocketbase, "serve", "--http="+addr, data, "--dev=false")
	return p, tokens, err
}

// peerRequests are the complete HTTP messages of a kind as PocketBase takes them.
func (w *world) peerRequests(k kind, addr string, tokens map[string]string) [][]byte {
	var out [][]byte
	for i := range variety {
		u := w.users[i%len(w.users)]
		m := w.peer(k.name, u, i/len(w.users))
		text := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nAccept: application/json\r\n", m.method, m.path, addr, tokens[u.ID])
		if m.body != "" {
			text = fmt.Appendf(text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(m.body))
		}
		out = append(out, fmt.Appendf(text, "\r\n%s", m.body))
	}
	return out
}

const records = "/api/collections/"

// peer is the i-th request of a kind by a user, asking for the same rows and members.
func (w *world) peer(kind string, u user, i int) message {
	list := func(fields, expand string) message {
		q := url.Values{"filter": {"status='" + statuses[i%len(statuses)] + "'"}, "sort": {"-created_at"}, "perPage": {"30"}, "skipTotal": {"1"}, "fields": {fields}}
		if expand != "" {
			q.Set("expand", expand)
		}
		return get(records + "tickets/records?" + q.Encode())
	}
	switch kind {
	case "by id":
		return get(records + "tickets/records/" + u.Tickets[i*7%len(u.Tickets)] + "?fields=id,number,title,body,status,priority,created_at")
	case "list of 30":
		return list("id,number,title,status,priority,created_at", "")
	case "with embeds":
		return list("id,number,title,status,created_at,expand.project.key,expand.project.name,expand.comments_via_ticket.id,"+
			"expand.comments_via_ticket.body,expand.comments_via_ticket.created_at", "project,comments_via_ticket")
	case "insert of 100":
		type one struct {
			Method string   `json:"method"`
			URL    string   `json:"url"`
			Body   peerNote `json:"body"`
		}
		all := make([]one, bulk)
		for n := range all {
			all[n] = one{"POST", records + "comments/records", w.peerNote(u, i+n)}
		}
		return message{"POST", "/api/batch", text(map[string]any{"requests": all})}
	case "update":
		return message{"PATCH", records + "comments/records/" + u.Comments[i%len(u.Comments)], text(map[string]string{"body": edited + w.note(u, i).Body})}
	case "90 reads, 10 inserts":
		if i%10 != 0 {
			return w.peer("by id", u, i)
		}
	}
	return message{"POST", records + "comments/records", text(w.peerNote(u, i))}
}

// peerNote names its author: PocketBase has no default for it.
type peerNote struct {
	Ticket string `json:"ticket"`
	Author string `json:"author"`
	Body   string `json:"body"`
}

func (w *world) peerNote(u user, i int) peerNote {
	n := w.note(u, i)
	return peerNote{n.TicketID, u.ID, n.Body}
}

// alikeInNumber checks that both give as many rows and as many embedded ones: the forms are different.
func (w *world) alikeInNumber(k kind, p pair, tokens map[string]string) error {
	for i := 0; i < variety; i += 11 {
		u := w.users[i%len(w.users)]
		ours, err := fetch("http://"+p.socle.addr+"/rest/v1/"+k.message(w, u, i/len(w.users)).path, w.keys.Publishable, u.Token)
		if err != nil {
			return err
		}
		theirs, err := fetchAs("http://"+p.other.addr+w.peer(k.name, u, i/len(w.users)).path, tokens[u.ID])
		if err != nil {
			return err
		}
		if a, b := identities(ours), identities(theirs); a != b || a == 0 {
			return fmt.Errorf("%s: socle gives %d rows, PocketBase %d:\n%s\n%s", k.name, a, b, ours, theirs)
		}
	}
	return nil
}

// identities counts the members "id" at every depth.
func identities(text string) (n int) {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return -1
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if _, ok := v["id"]; ok {
				n++
			}
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(v)
	return n
}
