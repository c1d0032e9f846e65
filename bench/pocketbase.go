package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// PocketBase serves the same rows under the same rules. It commits without waiting for the disk, as it does by default.

const records = "/api/collections/"

// fillPocketBase makes PocketBase's database; every asker gets a token of its own.
func (w *world) fillPocketBase() error {
	cmd := exec.Command(w.pocketbase, "fill", w.seed(), w.peerData(), "--dev=false")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("fill PocketBase: %w", err)
	}
	tokens := map[string]string{}
	if err := json.Unmarshal(out, &tokens); err != nil {
		return err
	}
	for i := range w.users {
		w.users[i].peer = tokens[w.users[i].ID]
	}
	return nil
}

func (w *world) peerData() string { return "--dir=" + filepath.Join(w.dir, "pocketbase") }

func (w *world) startPocketBase() (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	return launch(addr, w.pocketbase, "serve", "--http="+addr, w.peerData(), "--dev=false")
}

// peerRequests are the complete HTTP messages of a kind as PocketBase takes them.
func (w *world) peerRequests(k kind, addr string) [][]byte {
	if k.peer == nil {
		return nil
	}
	out := make([][]byte, k.different())
	for i := range out {
		u := w.users[i%len(w.users)]
		out[i] = k.peer(w, u, i/len(w.users)).complete("", addr, "Authorization: "+u.peer)
	}
	return out
}

func peerOne(collection, id string) message {
	return get(records + collection + "/records/" + id)
}

// peerList asks for rows of the i-th status, newest first; of all where i is negative. It asks for whole rows: PocketBase leaves out
// fields by reading its own answer once more, which costs it more than sending them.
func peerList(collection string, i, rows int, expand string, counted bool) message {
	q := url.Values{"sort": {"-created_at"}, "perPage": {strconv.Itoa(rows)}}
	if i >= 0 {
		q.Set("filter", "status='"+statuses[i%len(statuses)]+"'")
	}
	if expand != "" {
		q.Set("expand", expand)
	}
	if !counted {
		q.Set("skipTotal", "1")
	}
	return get(records + collection + "/records?" + q.Encode())
}

// peerNote names its author: PocketBase has no default for it.
type peerNote struct {
	Article string `json:"article"`
	Author  string `json:"author"`
	Body    string `json:"body"`
}

func (w *world) peerNote(u user, i int) peerNote {
	n := w.note(u, i)
	return peerNote{n.ArticleID, u.ID, n.Body}
}

const peerComments = records + "comments/records"

func peerInsertion(w *world, u user, i int) message {
	return message{method: http.MethodPost, path: peerComments, body: text(w.peerNote(u, i))}
}

// peerBulk is a batch of single inserts, which is what PocketBase has.
func peerBulk(w *world, u user, i int) message {
	type one struct {
		Method string   `json:"method"`
		URL    string   `json:"url"`
		Body   peerNote `json:"body"`
	}
	all := make([]one, bulk)
	for n := range all {
		all[n] = one{http.MethodPost, peerComments, w.peerNote(u, i*bulk+n)}
	}
	return message{method: http.MethodPost, path: "/api/batch", body: text(map[string]any{"requests": all})}
}
