package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// endless is a body that never ends; it gives up after a gigabyte.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range n {
		p[i] = ' '
	}
	e.left -= n
	return n, nil
}

// send streams a body from a connection of its own and gives the answer and how much of the body was not taken.
func (s *site) send(t *testing.T, head string, chunked bool, size int) (status, left int) {
	t.Helper()
	conn := s.dial(t)
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	body := &endless{left: size}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, err := body.Read(buf)
			if err != nil {
				return
			}
			if chunked {
				_, err = fmt.Fprintf(conn, "%x\r\n%s\r\n", n, buf[:n])
			} else {
				_, err = conn.Write(buf[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	<-done
	return r.StatusCode, body.left
}

// A body that is too long is refused before it has come, whether it says its length or not.
func TestBodiesWithoutEndAreRefusedOnTheWay(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const gigabyte = 1 << 30
	s.beside(t, func() {
		for _, c := range []struct {
			path    string
			chunked bool
		}{{"/rest/v1/notes", false}, {"/rest/v1/notes", true}, {"/rest/v1/rpc/transaction", true}, {"/auth/v1/signup", false}, {"/auth/v1/signup", true}} {
			length := fmt.Sprint("Content-Length: ", gigabyte)
			if c.chunked {
				length = "Transfer-Encoding: chunked"
			}
			status, left := s.send(t, s.head("POST "+c.path+" HTTP/1.1", "Content-Type: application/json", length)+"\r\n", c.chunked, gigabyte)
			if status != http.StatusRequestEntityTooLarge || left < gigabyte*9/10 {
				t.Errorf("%s, chunked %v: %d, %d MiB were taken", c.path, c.chunked, status, (gigabyte-left)>>20)
			}
		}
	})
	if mib := s.resident(); mib > 400 {
		t.Errorf("the server took %d MiB", mib)
	}
}

// asked is a request with a body and what it may answer.
type asked struct {
	name, method, path, media, body string
	want                            int
}

// bad is what is refused, by case of the list of attacks.
func bad() []asked {
	const js, csv = "application/json", "text/csv"
	long := func(s string, n int) string { return strings.Repeat(s, n) }
	return []asked{
		{"B5 NUL in a filter", "GET", "notes?title=eq.%00", "", "", 400},
		{"B5 NUL in a name", "GET", "notes?ti%00tle=eq.x", "", "", 400},
		{"B5 not UTF-8 in a filter", "GET", "notes?title=eq.%ff%fe", "", "", 400},
		{"B5 NUL in a body", "POST", "notes", js, `{"title":"\u0000"}`, 400},
		{"B5 half a character in a body", "POST", "notes", js, `{"title":"\ud800"}`, 400},
		{"B5 not UTF-8 in a body", "POST", "notes", js, "{\"title\":\"\xff\"}", 400},
		{"B5 a key twice", "POST", "notes", js, `{"title":"a","title":"b"}`, 400},
		{"B5 a key twice, spelled in two ways", "POST", "notes", js, `{"title":"a","\u0074itle":"b"}`, 400},
		{"B6 logic", "GET", "notes?" + long("and=(", 1) + long("or(", 30) + "id.eq.1,id.eq.2" + long(")", 31), "", "", 400},
		{"B6 nested JSON", "POST", "notes", js, `{"title":` + long("[", 200_000) + long("]", 200_000) + `}`, 400},
		{"B6 nested JSON without end", "POST", "notes", js, long(`{"title":`, 100_000), 400},
		{"B6 nested lists in a filter", "GET", "notes?id=in." + long("(", 5000), "", "", 400},
		{"B7 a long list", "GET", "notes?id=in.(" + long("1,", 1500) + "1)", "", "", 400},
		{"B7 many filters", "GET", "notes?" + long("id=gt.1&", 500), "", "", 400},
		{"B7 many columns", "GET", "notes?select=" + long("id,", 600) + "id", "", "", 400},
		{"B7 a long URL", "GET", "notes?title=eq." + long("a", 20<<10), "", "", 414},
		{"B8 a reference back", "GET", `notes?title=match.(a)%5C1`, "", "", 400},
		{"B8 a bomb of repetitions", "GET", `notes?title=match.((a%7B1000%7D)%7B1000%7D)%7B1000%7D`, "", "", 400},
		{"B9 a number too large", "POST", "notes", js, `{"number":9223372036854775808}`, 400},
		{"B9 NaN", "POST", "notes", js, `{"number":NaN}`, 400},
		{"B9 a number with too many digits", "POST", "notes", js, `{"number":1` + long("0", 100_000) + `}`, 400},
		{"B9 an exponent", "POST", "notes", js, `{"number":1e999999999}`, 400},
		{"B10 an offset too large", "GET", "notes?offset=9223372036854775808", "", "", 400},
		{"B10 a limit too large", "GET", "notes?limit=99999999999999999999", "", "", 400},
		{"B10 a limit that is none", "GET", "notes?limit=1e3", "", "", 400},
		{"B11 a day that is none", "GET", "notes?at=gt.2024-02-30T00:00:00Z", "", "", 400},
		{"B14 CSV that does not end", "POST", "notes", csv, "id,title\n9000001,\"" + long("a", 1<<20), 400},
		{"B14 a giant cell", "POST", "notes", csv, "id,title\n9000001," + long("a", 11<<20) + "\n", 413},
		{"a packed body, which is not unpacked", "POST", "notes", js + "\r\nContent-Encoding: gzip", packed(long(" ", 64<<20) + "{}"), 400},
	}
}

func packed(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

func TestWhatIsMeantToBreakIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.beside(t, func() {
		for _, c := range bad() {
			media := c.media
			if media == "" {
				media = "application/json"
			}
			status, text := s.ask(t, c, "Content-Type: "+media)
			if status != c.want || !strings.Contains(text, `"message":`) {
				t.Errorf("%s: %d %.300s", c.name, status, text)
			}
			if strings.Contains(text, "SELECT") || strings.Contains(text, "sqlite") {
				t.Errorf("%s: the answer tells of the database: %.300s", c.name, text)
			}
		}
	})
}

func (s *site) ask(t *testing.T, c asked, headers ...string) (int, string) {
	t.Helper()
	statuses, answer := s.speak(t, s.head(c.method+" /rest/v1/"+c.path+" HTTP/1.1", append(headers, "Connection: close", fmt.Sprint("Content-Length: ", len(c.body)))...)+"\r\n"+c.body)
	if len(statuses) != 1 {
		t.Fatalf("%s: %v", c.name, statuses)
	}
	return statuses[0], answer
}

// What is at the edge, and means something, comes back as it went in.
func TestWhatIsAtTheEdgeIsKeptAsItIs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, c := range []struct{ name, write, read, want string }{
		{"B9 past 2^53", `{"id":9000001,"number":9007199254740993}`, "notes?select=number&id=eq.9000001", `[{"number":9007199254740993}]`},
		{"B9 the largest", `{"id":9000002,"number":9223372036854775807}`, "notes?select=number&id=eq.9000002&number=eq.9223372036854775807", `[{"number":9223372036854775807}]`},
		{"B9 a zero below zero", `{"id":9000003,"number":-0}`, "notes?select=number&id=eq.9000003", `[{"number":0}]`},
		{"B11 an hour that a zone leaves out", `{"id":9000004,"at":"2024-03-31T02:30:00+01:00"}`, "notes?select=at&id=eq.9000004", `[{"at":"2024-03-31T01:30:00+00:00"}]`},
		{"B11 a date alone", `{"id":9000005,"at":"2024-01-02"}`, "notes?select=at&id=eq.9000005&at=lt.2024-01-03", `[{"at":"2024-01-02T00:00:00+00:00"}]`},
		{"B8 a pattern that is slow elsewhere", `{"id":9000006,"title":"` + strings.Repeat("a", 100_000) + `!"}`, "notes?select=id&id=gte.9000006&title=match.%5E(a%2B)%2B%24", `[]`},
		{"B10 an offset past the end", `{"id":9000007}`, "notes?select=id&order=id&offset=9223372036854775807", `[]`},
	} {
		if status, text := s.ask(t, asked{c.name, "POST", "notes", "", c.write, 201}, "Content-Type: application/json"); status != 201 {
			t.Errorf("%s: %d %.300s", c.name, status, text)
		}
		if status, text := s.ask(t, asked{c.name, "GET", c.read, "", "", 200}); status != 200 || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %.300s", c.name, status, text)
		}
	}
}
