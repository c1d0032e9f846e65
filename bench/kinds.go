package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// kind is a sort of request; message gives its i-th one by a user, peer the same as PocketBase takes it. Without peer PocketBase
// has no equivalent.
type kind struct {
	name    string
	group   string // the goal that it belongs to
	message func(w *world, u user, i int) message
	peer    func(w *world, u user, i int) message
	variety int // different requests; 0: the usual number
	size    int // rows that a request creates; 0: none
	counted bool
}

type message struct{ method, path, body, prefer string }

const (
	byKey, lists, embeds, inserts = "by id", "lists", "embeds", "inserts" // groups

	brief  = "id,number,title,status,priority,created_at"
	entire = "id,number,title,body,status,priority,created_at"
	bulk   = 100
	edited = "Edited: "
)

// reads are compared before they are measured: all servers answer with the same rows.
var reads = []kind{
	{name: "by id", group: byKey, message: func(w *world, _ user, i int) message {
		return get("articles?select=" + entire + "&id=eq." + w.sizes.article(i))
	}, peer: func(w *world, _ user, i int) message { return peerOne("articles", w.sizes.article(i)) }},
	listing(20, false), listing(30, false), listing(20, true), listing(30, true),
	{name: "to-one embed, 30", group: embeds, message: func(_ *world, _ user, i int) message {
		return get("articles?select=" + brief + ",project:projects(key,name)&" + someStatus(i, 30))
	}, peer: func(_ *world, _ user, i int) message { return peerList("articles", i, 30, "project", false) }},
	{name: "to-many embed, 30 × 5", group: embeds, message: func(_ *world, _ user, i int) message {
		return get("articles?select=" + brief + ",comments(id,body,created_at)&" + someStatus(i, 30))
	}, peer: func(_ *world, _ user, i int) message {
		return peerList("articles", i, 30, "comments_via_article", false)
	}},
	{name: "full text, 30", message: func(_ *world, _ user, i int) message {
		return get("articles?select=" + brief + "&search=plfts." + word(i*7919%vocabulary) + "&order=created_at.desc&limit=30")
	}},
	{name: "list of 30, one's own", group: lists, message: func(_ *world, _ user, _ int) message {
		return get("notes?select=" + brief + "&order=created_at.desc&limit=30")
	}, peer: func(_ *world, _ user, _ int) message { return peerList("notes", -1, 30, "", false) }},
	{name: "by id, one's projects", group: byKey, message: func(w *world, u user, i int) message {
		return get("tickets?select=" + entire + "&id=eq." + w.sizes.inTeam(u, tickets, w.sizes.tickets, i))
	}, peer: func(w *world, u user, i int) message {
		return peerOne("tickets", w.sizes.inTeam(u, tickets, w.sizes.tickets, i))
	}},
	{name: "list of 30, one's projects", group: lists, message: func(_ *world, _ user, i int) message {
		return get("tickets?select=" + brief + "&" + someStatus(i, 30))
	}, peer: func(_ *world, _ user, i int) message { return peerList("tickets", i, 30, "", false) }},
}

// listing is a filtered list, newest first, with and without the number of all.
func listing(rows int, counted bool) kind {
	k := kind{name: fmt.Sprintf("list of %d", rows), group: lists, counted: counted}
	prefer := ""
	if counted {
		k.name, prefer = k.name+", counted", "count=exact"
	}
	k.message = func(_ *world, _ user, i int) message {
		m := get("articles?select=" + brief + "&" + someStatus(i, rows))
		m.prefer = prefer
		return m
	}
	k.peer = func(_ *world, _ user, i int) message { return peerList("articles", i, rows, "", counted) }
	return k
}

func someStatus(i, rows int) string {
	return "status=eq." + statuses[i%len(statuses)] + "&order=created_at.desc&limit=" + strconv.Itoa(rows)
}

func get(path string) message { return message{method: http.MethodGet, path: path} }

// writes say something about articles. A comment has three keys, two references and two indexes in all servers, and is refused to
// whoever is not in the article's project.
var writes = []kind{
	{name: "insert", group: inserts, message: insertion, peer: peerInsertion, size: 1},
	{name: "insert of 100", message: func(w *world, u user, i int) message {
		list := make([]note, bulk)
		for n := range list {
			list[n] = w.note(u, i*bulk+n)
		}
		return message{method: http.MethodPost, path: `comments?columns="article_id","body"`, body: text(list)}
	}, peer: peerBulk, variety: 240, size: bulk},
	{name: "update", message: func(w *world, u user, i int) message {
		return message{method: http.MethodPatch, path: "comments?id=eq." + w.sizes.comment(u, i), body: text(map[string]string{"body": edited + w.note(u, i).Body})}
	}, peer: func(w *world, u user, i int) message {
		return message{method: http.MethodPatch, path: records + "comments/records/" + w.sizes.comment(u, i), body: text(map[string]string{"body": edited + w.note(u, i).Body})}
	}},
	{name: "90 reads, 10 inserts", message: func(w *world, u user, i int) message {
		if i%10 == 0 {
			return insertion(w, u, i)
		}
		return reads[0].message(w, u, i)
	}, peer: func(w *world, u user, i int) message {
		if i%10 == 0 {
			return peerInsertion(w, u, i)
		}
		return reads[0].peer(w, u, i)
	}, size: 1},
}

func insertion(w *world, u user, i int) message {
	return message{method: http.MethodPost, path: "comments", body: text(w.note(u, i))}
}

// note is something to say about an article of a project of theirs.
func (w *world) note(u user, i int) note {
	dice := rand.New(rand.NewPCG(uint64(u.member), uint64(i)))
	return note{ArticleID: w.sizes.inTeam(u, articles, w.sizes.articles, i), Body: phrase(dice, 15)}
}

func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of text
	}
	return string(out)
}

// variety is how many different requests of a kind there are.
const variety = 2400

func (k kind) different() int {
	if k.variety > 0 {
		return k.variety
	}
	return variety
}

// requests are the complete HTTP messages of a kind.
func (w *world) requests(k kind, addr string) [][]byte {
	out := make([][]byte, k.different())
	for i := range out {
		u := w.users[i%len(w.users)]
		out[i] = k.message(w, u, i/len(w.users)).complete("/rest/v1/", addr, "apikey: "+w.keys.Publishable, "Authorization: Bearer "+u.Token)
	}
	return out
}

// complete is the message as it is sent.
func (m message) complete(prefix, addr string, headers ...string) []byte {
	out := fmt.Appendf(nil, "%s %s%s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n%s\r\n", m.method, prefix, m.path, addr, strings.Join(headers, "\r\n"))
	if m.prefer != "" {
		out = fmt.Appendf(out, "Prefer: %s\r\n", m.prefer)
	}
	if m.body != "" {
		out = fmt.Appendf(out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(m.body))
	}
	return fmt.Appendf(out, "\r\n%s", m.body)
}
