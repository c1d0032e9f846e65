// Package console owns the page that `socle dev` shows at / where a project has no public files: its collections, their
// fields and policies, and first rows as a role sees them. It asks the data API as any client would, and needs no script.
package console

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net"
	"net/http"
	"strings"

	"github.com/socle-hq/socle/internal/policy"
)

// Config is what a page is made of.
type Config struct {
	Name        string
	Set         *policy.Set
	API         http.Handler // what clients ask
	Publishable string
	Secret      string
}

//go:embed page.html
var pageText string

//go:embed style.css
var style string

var page = template.Must(template.New("page").Parse(pageText))

// contentPolicy lets the page's own style in and nothing else: no script, no picture, no other site, no frame.
var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// New makes the page. It shows rows without any key, so it answers this very machine alone.
func New(c Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", contentPolicy)
		if !local(r) {
			http.Error(w, "this page is for the machine that `socle dev` runs on", http.StatusForbidden)
			return
		}
		var out bytes.Buffer
		if err := page.Execute(&out, c.view(r)); err != nil {
			http.Error(w, "the page could not be made", http.StatusInternalServerError)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(out.Bytes()) // a reader that went away
	})
}

// local reports whether a request comes from this machine and names it: a page of another site whose name was made to lead
// here still sends its own. Who sends an Origin is a script of some other page.
func local(r *http.Request) bool {
	if r.Header.Get("Origin") != "" {
		return false
	}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !loopback(from) {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || loopback(strings.Trim(host, "[]"))
}

func loopback(address string) bool {
	ip := net.ParseIP(address)
	return ip != nil && ip.IsLoopback()
}
