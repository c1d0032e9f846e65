package mail

import (
	"bytes"
	_ "embed"
	"encoding/json"
	html "html/template"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

//go:embed inbox.html
var inboxText string

var inboxPage = html.Must(html.New("inbox").Parse(inboxText))

// inboxPolicy lets styles in, which messages have inline, and nothing else: no script, no picture of another site. The frame
// that shows a message has this policy too.
const inboxPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler is the page: a list, and one message with ?m=NUMBER; JSON with ?format=json. It may be mounted anywhere. Messages hold
// links to sign in with, so that it answers this very machine alone.
func (b *Inbox) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", inboxPolicy)
		switch {
		case !local(r):
			http.Error(w, "this page is for the machine that `socle dev` runs on", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this page is only read", http.StatusMethodNotAllowed)
		case r.URL.Query().Get("format") == "json":
			b.json(w, r)
		default:
			b.page(w, r)
		}
	})
}

// chosen is the message that ?m= names: nil where it names none. found is false where there is no such message any more.
func (b *Inbox) chosen(r *http.Request) (all []letter, one *letter, found bool) {
	all = b.letters()
	m := r.URL.Query().Get("m")
	for i := range all {
		if strconv.Itoa(all[i].Number) == m {
			return all, &all[i], true
		}
	}
	return all, nil, m == ""
}

func (b *Inbox) json(w http.ResponseWriter, r *http.Request) {
	all, one, found := b.chosen(r)
	var what any = struct {
		Messages []jsonLetter `json:"messages"`
	}{jsonLetters(all)}
	if one != nil {
		what = jsonLetter{one.Number, one.Message}
	}
	w.Header().Set("Content-Type", "application/json")
	if !found {
		w.WriteHeader(http.StatusNotFound)
		what = map[string]string{"message": "there is no such message any more"}
	}
	_ = json.NewEncoder(w).Encode(what) // a reader that went away
}

type jsonLetter struct {
	Number int `json:"number"`
	Message
}

func jsonLetters(all []letter) []jsonLetter {
	out := make([]jsonLetter, len(all))
	for i, l := range all {
		out[i] = jsonLetter(l)
	}
	return out
}

func (b *Inbox) page(w http.ResponseWriter, r *http.Request) {
	all, one, found := b.chosen(r)
	var out bytes.Buffer
	view := struct {
		All  []letter
		One  *letter
		Gone bool
		Text []piece
		Doc  string
	}{All: all, One: one, Gone: !found}
	if one != nil {
		// In a sandbox without navigation a link opens only in a page of its own.
		view.Text, view.Doc = pieces(one.Text), `<!doctype html><base target="_blank">`+one.HTML
	}
	if err := inboxPage.Execute(&out, view); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if !found {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = w.Write(out.Bytes()) // a reader that went away
}

// piece is a part of a text: an address, or what stands between two.
type piece struct{ Text, URL string }

var addresses = regexp.MustCompile(`https?://[^\s<>"]+`)

func pieces(text string) (out []piece) {
	from := 0
	for _, at := range addresses.FindAllStringIndex(text, -1) {
		out = append(out, piece{Text: text[from:at[0]]}, piece{text[at[0]:at[1]], text[at[0]:at[1]]})
		from = at[1]
	}
	return append(out, piece{Text: text[from:]})
}

// local reports whether a request comes from this machine and calls it by its name: a page of another site whose name was made
// to lead here still sends its own. Who sends an Origin is a script of some other page.
func local(r *http.Request) bool {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(from)
	if err != nil || ip == nil || !ip.IsLoopback() || r.Header.Get("Origin") != "" {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return loopback(strings.Trim(host, "[]")) || strings.HasSuffix(host, ".localhost")
}
