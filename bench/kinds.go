package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// kind is a sort of request; message gives its i-th one by a user.
type kind struct {
	name    string
	message func(w *world, u user, i int) message
}

type message struct{ method, path, body string }

// reads ask for tickets; both servers' answers are compared before they are measured.
var reads = []kind{
	{"by id", func(_ *world, u user, i int) message {
		return get("tickets?select=id,number,title,body,status,priority,created_at&id=eq." + u.Tickets[i*7%len(u.Tickets)])
	}},
	{"list of 30", func(_ *world, _ user, i int) message {
		return get("tickets?select=id,number,title,status,priority,created_at&status=eq." + statuses[i%len(statuses)] + "&order=created_at.desc&limit=30")
	}},
	{"with embeds", func(_ *world, _ user, i int) message {
		return get("tickets?select=id,number,title,status,created_at,project:projects(key,name),comments(id,body,created_at)&status=eq." +
			statuses[i%len(statuses)] + "&order=created_at.desc&limit=30")
	}},
}

var statuses = []string{"done", "open", "doing", "review"}

func get(path string) message { return message{http.MethodGet, path, ""} }

// writes say something about tickets. A comment has four keys, three references, three indexes and a full-text index in both
// servers, and is refused to whoever is not in the ticket's project.
var writes = []kind{
	{"insert", insertion},
	{"insert of 100", func(w *world, u user, i int) message {
		list := make([]note, bulk)
		for n := range list {
			list[n] = w.note(u, i+n)
		}
		return message{http.MethodPost, `comments?columns="ticket_id","body"`, text(list)}
	}},
	{"update", func(w *world, u user, i int) message {
		return message{http.MethodPatch, "comments?id=eq." + u.Comments[i%len(u.Comments)], text(map[string]string{"body": edited + w.note(u, i).Body})}
	}},
	{"90 reads, 10 inserts", func(w *world, u user, i int) message {
		if i%10 == 0 {
			return insertion(w, u, i)
		}
		return reads[0].message(w, u, i)
	}},
}

const (
	bulk   = 100
	edited = "Edited: "
)

func insertion(w *world, u user, i int) message {
	return message{http.MethodPost, "comments", text(w.note(u, i))}
}

// note is something to say: the words of some comment of the seed.
func (w *world) note(u user, i int) note {
	return note{TicketID: u.Tickets[i*7%len(u.Tickets)], Body: w.rows.Comments[(i*31+len(u.Tickets))%len(w.rows.Comments)].Body}
}

func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of text
	}
	return string(out)
}

const variety = 240

// requests are the complete HTTP messages of a kind.
func (w *world) requests(k kind, addr string) [][]byte {
	var out [][]byte
	for i := range variety {
		u := w.users[i%len(w.users)]
		m := k.message(w, u, i/len(w.users))
		text := fmt.Appendf(nil, "%s /rest/v1/%s HTTP/1.1\r\nHost: %s\r\napikey: %s\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n",
			m.method, m.path, addr, w.keys.Publishable, u.Token)
		if m.body != "" {
			text = fmt.Appendf(text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(m.body))
		}
		out = append(out, fmt.Appendf(text, "\r\n%s", m.body))
	}
	return out
}
