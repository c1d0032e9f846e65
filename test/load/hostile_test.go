package load

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// speak sends bytes as they are and gives the statuses of all answers until the server closes.
func (s *site) speak(t *testing.T, text string) (statuses []int, answers string) {
	t.Helper()
	conn := s.dial(t)
	go io.WriteString(conn, text) // the server may stop reading
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses, answers
		}
		body, _ := io.ReadAll(r.Body)
		statuses = append(statuses, r.StatusCode)
		answers += fmt.Sprintf("%v\n%s\n", r.Header, body)
	}
}

// head is the beginning of a request with a key, without the empty line.
func (s *site) head(line string, headers ...string) string {
	return line + "\r\nHost: a\r\nApikey: " + s.anon + "\r\n" + strings.Join(headers, "\r\n") + map[bool]string{true: "\r\n"}[len(headers) > 0]
}

// What two readers of one connection could understand in two ways is refused, and nothing behind it is looked at.
func TestARequestThatCouldBeReadInTwoWaysIsRefusedWithWhatFollows(t *testing.T) {
	t.Parallel()
	s := serve(t)
	hidden := s.head("GET /health HTTP/1.1", "Connection: close") + "\r\n"
	const post = "POST /rest/v1/notes HTTP/1.1"
	s.beside(t, func() {
		for name, text := range map[string]string{
			"two lengths":               s.head(post, "Content-Length: 2", "Content-Length: 3") + "\r\n{}x",
			"lengths in one header":     s.head(post, "Content-Length: 2, 3") + "\r\n{}x",
			"a signed length":           s.head(post, "Content-Length: +2") + "\r\n{}",
			"a hexadecimal length":      s.head(post, "Content-Length: 0x2") + "\r\n{}",
			"an encoding nobody knows":  s.head(post, "Transfer-Encoding: chunked, identity") + "\r\n0\r\n\r\n",
			"two encodings":             s.head(post, "Transfer-Encoding: chunked", "Transfer-Encoding: identity") + "\r\n0\r\n\r\n",
			"an encoding with a tab":    s.head(post, "Transfer-Encoding: \vchunked") + "\r\n0\r\n\r\n",
			"a name with a space":       s.head(post, "Transfer-Encoding : chunked", "Content-Length: 2") + "\r\n{}",
			"a bare return":             s.head(post, "X-A: b\rTransfer-Encoding: chunked") + "\r\n",
			"a chunk's bad size":        s.head(post, "Transfer-Encoding: chunked") + "\r\n-1\r\n{}\r\n0\r\n\r\n",
			"a chunk larger than it is": s.head(post, "Transfer-Encoding: chunked") + "\r\n2\r\n{}x\r\n0\r\n\r\n",
			"a chunk's long size":       s.head(post, "Transfer-Encoding: chunked") + "\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
			"no host":                   "GET /rest/v1/notes HTTP/1.1\r\n\r\n",
			"two hosts":                 s.head("GET /rest/v1/notes HTTP/1.1", "Host: b") + "\r\n",
			"a protocol of the future":  s.head("GET /rest/v1/notes HTTP/9.9") + "\r\n",
			"a header of 70 KiB":        s.head("GET /rest/v1/notes HTTP/1.1", "X-A: "+strings.Repeat("a", 70<<10)) + "\r\n",
		} {
			statuses, answers := s.speak(t, text+hidden)
			if len(statuses) != 1 || statuses[0] < 400 || statuses[0] > 505 || statuses[0] == 500 {
				t.Errorf("%s: %v\n%s", name, statuses, answers)
			}
		}
	})
	for name, text := range map[string]string{ // one meaning, by RFC 9112, 2.2, 5.2 and 6.3
		"a folded header is one header":    s.head("GET /rest/v1/notes?limit=1 HTTP/1.1", "X-A: b", " Transfer-Encoding: chunked", "\tContent-Length: 1") + "\r\n",
		"an encoding goes before a length": s.head(post, "Content-Length: 999", "Transfer-Encoding: chunked") + "\r\n2\r\n[]\r\n0\r\n\r\n",
		"lines end in bare line feeds":     strings.ReplaceAll(s.head("GET /rest/v1/notes?limit=1 HTTP/1.1"), "\r\n", "\n") + "\n",
	} {
		statuses, answers := s.speak(t, text+hidden)
		if len(statuses) == 0 || statuses[0]/100 != 2 || len(statuses) > 2 {
			t.Errorf("%s: %v\n%s", name, statuses, answers)
		}
	}
}

// No spelling of a path, and no header, leads to what another spelling refuses.
func TestPathsHaveOneSpellingAndMethodsToo(t *testing.T) {
	t.Parallel()
	s := serve(t)
	ask := func(line string, headers ...string) (int, string) {
		statuses, answers := s.speak(t, line+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+strings.Join(append(headers, ""), "\r\n")+"\r\n")
		if len(statuses) != 1 {
			t.Fatalf("%s: %v", line, statuses)
		}
		return statuses[0], answers
	}
	s.beside(t, func() {
		for _, path := range []string{"//rest/v1/notes", "/rest//v1/notes", "/rest/v1//notes", "/rest/v1/./notes", "/rest/v1/../v1/notes", "/rest/v1/%2e/notes",
			"/x/%2e%2e/rest/v1/notes", "/rest%2fv1/notes", "/rest\\v1\\notes", "/rest/v1/notes%00", "/rest/v1/notes;x=y", "/rest/v1/notes%2f",
			"/%72est/v1/%2e%2e/notes", "/..%2f..%2fsocle.yaml", "/public/../socle.yaml", "/.socle/keys", "/%2esocle/keys", "/.env", "http://a//rest/v1/notes"} {
			for _, key := range []string{"X-Nothing: 1", "Apikey: " + s.anon, "Apikey: " + s.secret} {
				if status, text := ask("GET "+path, key); status < 400 || status >= 500 {
					t.Errorf("%s with %.7s: %d %s", path, key, status, text)
				}
			}
		}
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/vars", "/metrics", "/_inbox", "/server-status",
			"/socle.yaml", "/collections/notes.yaml", "/rest/v1/debug/pprof", "/auth/v1/debug/pprof/"} {
			status, text := ask("GET "+path, "Accept: application/json", "Apikey: "+s.secret)
			if status != 404 && status != 400 || strings.Contains(text, "goroutine") {
				t.Errorf("%s: %d %s", path, status, text)
			}
		}
		for _, override := range []string{"X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE"} {
			if status, text := ask("GET /rest/v1/notes?id=eq.1&_method=DELETE&limit=1", "Apikey: "+s.secret, override); status != 400 && status != 404 {
				t.Errorf("%s: %d %s", override, status, text)
			}
			ask("POST /rest/v1/notes", "Apikey: "+s.secret, override, "Content-Length: 0")
		}
		for _, line := range []string{"TRACE /rest/v1/notes", "CONNECT a:80", "PROPFIND /rest/v1/notes", "G\x00T /", "get /rest/v1/notes"} {
			if status, text := ask(line, "Apikey: "+s.secret); status < 400 || status >= 500 {
				t.Errorf("%s: %d %s", line, status, text)
			}
		}
	})
	if status, text := ask("GET /rest/v1/notes?select=id&id=in.(1,2)", "Apikey: "+s.anon); status != 200 || !strings.Contains(text, `[{"id":1},`) {
		t.Errorf("the rows are still there: %d %s", status, text)
	}
}

// Nothing that a browser sends by itself says who asks, and no page of another site reads an answer.
func TestAPageOfAnotherSiteNeitherActsNorReads(t *testing.T) {
	t.Parallel()
	s := serve(t)
	ask := func(method, path, body string, headers ...string) *http.Response {
		r, err := http.NewRequest(method, "http://"+s.addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range headers {
			name, v, _ := strings.Cut(h, ": ")
			r.Header.Set(name, v)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	evil := "Origin: https://evil.example"
	cookies := "Cookie: sb-access-token=" + s.token(t, ann) + "; apikey=" + s.secret
	s.beside(t, func() {
		for _, c := range []struct{ method, path string }{{"POST", "/rest/v1/notes"}, {"GET", "/rest/v1/notes"}, {"POST", "/rest/v1/rpc/transaction"},
			{"GET", "/auth/v1/user"}, {"POST", "/auth/v1/logout"}, {"PUT", "/auth/v1/user"}, {"POST", "/rest/v1/notes?apikey=" + s.secret}} {
			for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json"} {
				if r := ask(c.method, c.path, `{"title":"x"}`, evil, cookies, "Content-Type: "+media); r.StatusCode != 401 && r.StatusCode != 403 {
					t.Errorf("%s %s as %s, by a cookie: %d", c.method, c.path, media, r.StatusCode)
				}
			}
		}
		for _, c := range []struct{ method, path, body string }{{"GET", "/rest/v1/notes?limit=1", ""}, {"POST", "/auth/v1/signup", `{"email":"a@example.org","password":"correct horse 1"}`},
			{"POST", "/auth/v1/token?grant_type=password", `{"email":"a@example.org","password":"correct horse 1"}`}, {"GET", "/auth/v1/settings", ""}, {"GET", "/health", ""}, {"GET", "/", ""}} {
			r := ask(c.method, c.path, c.body, evil, "Apikey: "+s.anon, "Content-Type: application/json")
			if r.StatusCode != 200 || r.Header.Get("Access-Control-Allow-Origin") != "" || r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s %s: %d %v", c.method, c.path, r.StatusCode, r.Header)
			}
			if len(r.Header.Values("Set-Cookie")) > 0 {
				t.Errorf("%s %s sets a cookie", c.method, c.path)
			}
			if strings.HasPrefix(c.path, "/rest") && !slices.ContainsFunc(r.Header.Values("Vary"), func(v string) bool { return strings.Contains(v, "Origin") }) {
				t.Errorf("%s %s varies by %v", c.method, c.path, r.Header.Values("Vary"))
			}
		}
		if r := ask("GET", "/rest/v1/notes?limit=1", "", "Origin: https://app.example.org", "Apikey: "+s.anon); r.Header.Get("Access-Control-Allow-Origin") != "https://app.example.org" {
			t.Errorf("the project's own page: %v", r.Header)
		}
	})
}
