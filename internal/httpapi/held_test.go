package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/httpapi"
)

// send sends a body with the secret key.
func (s *server) send(w http.ResponseWriter, method, target, body string, headers ...string) {
	r := httptest.NewRequest(method, "http://api.test"+target, strings.NewReader(body))
	r.RequestURI = target
	r.Header.Set("Apikey", s.keys.Secret)
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Set(name, v)
	}
	s.ServeHTTP(w, r)
}

func (s *server) sent(method, target, body string, headers ...string) (int, string) {
	w := httptest.NewRecorder()
	s.send(w, method, target, body, headers...)
	return w.Code, w.Body.String()
}

const wanted = "Prefer: return=representation"

func ticket(id, size int) string {
	return fmt.Sprintf(`{"id":%d,"project_id":1,"title":"%s"}`, id, strings.Repeat("x", size))
}

// A body that is as large as one may be is taken, however little all requests may hold together.
func TestABodyThatIsAllowedFindsRoom(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) { c.Limits.Body, c.Limits.Response, c.Limits.Held = 1<<20, 1<<20, 1<<10 })
	if status, body := s.sent("POST", "/rest/v1/tickets", ticket(100, 900<<10), wanted); status != http.StatusCreated {
		t.Fatalf("%d %.200s", status, body)
	}
}

// The bodies of the steps are one answer: together they are as large as one may be, and what is refused is not kept.
func TestTheStepsOfATransactionAreOneAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) { c.Limits.Response = 100 << 10 })
	list := func(sizes ...int) string {
		var of []string
		for i, size := range sizes {
			of = append(of, fmt.Sprintf(`{"method":"POST","path":"tickets","prefer":"return=representation","body":%s}`, ticket(100+i, size)))
		}
		return "[" + strings.Join(of, ",") + "]"
	}
	status, body := s.sent("POST", "/rest/v1/rpc/transaction", list(40<<10, 40<<10, 40<<10))
	if !strings.Contains(body, `"54001"`) || !strings.Contains(body, "step 2") {
		t.Errorf("%d %.200s", status, body)
	}
	if _, kept := s.sent("GET", "/rest/v1/tickets?id=gte.100&select=id", ""); kept != "[]" {
		t.Errorf("kept: %.200s", kept)
	}
	if status, body := s.sent("POST", "/rest/v1/rpc/transaction", list(40<<10, 40<<10)); status != http.StatusOK {
		t.Errorf("%d %.200s", status, body)
	}
}

// slowly is a client that reads an answer while something else happens.
type slowly struct {
	*httptest.ResponseRecorder
	meanwhile func()
}

func (s *slowly) Write(p []byte) (int, error) {
	if f := s.meanwhile; f != nil {
		s.meanwhile = nil
		f()
	}
	return s.ResponseRecorder.Write(p)
}

// What a write answers with is held until it is read, as what a read answers with.
func TestTheAnswerOfAWriteIsHeldWhileItIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) { c.Limits.Body, c.Limits.Response, c.Limits.Held = 60<<10, 400<<10, 1 })
	for id := range 5 {
		if status, body := s.sent("POST", "/rest/v1/tickets", ticket(100+id, 50<<10)); status != http.StatusCreated {
			t.Fatalf("%d %.200s", status, body)
		}
	}
	large := func() (int, string) { return s.sent("GET", "/rest/v1/tickets?id=gte.100", "") }
	steps := `[{"method":"PATCH","path":"tickets?id=gte.100","prefer":"return=representation","body":{"price":1}}]`
	for _, c := range [][3]string{{"PATCH", "/rest/v1/tickets?id=gte.100", `{"price":1}`}, {"POST", "/rest/v1/rpc/transaction", steps}} {
		w := &slowly{ResponseRecorder: httptest.NewRecorder()}
		w.meanwhile = func() {
			if status, body := large(); status != http.StatusServiceUnavailable {
				t.Errorf("beside the answer of %s: %d %.200s", c[1], status, body)
			}
		}
		if s.send(w, c[0], c[1], c[2], wanted); w.Code != http.StatusOK {
			t.Errorf("%s: %d %.200s", c[1], w.Code, w.Body)
		}
		if status, body := large(); status != http.StatusOK {
			t.Errorf("after the answer of %s: %d %.200s", c[1], status, body)
		}
	}
}

// A large body takes several times its size once it is understood: it waits for its turn before that, and keeps no small one waiting.
func TestALargeBodyWaitsBeforeItIsUnderstood(t *testing.T) {
	t.Parallel()
	bulk := admission.NewDoor(admission.DoorOptions{Places: 1, Waiting: 1, Wait: time.Nanosecond, Clock: clock.System()})
	s := serve(t, func(c *httpapi.Config) { c.Doors.Bulk, c.Proxies = bulk, 1 })
	inside, err := bulk.Enter(t.Context(), func() string { return "somebody" })
	if err != nil {
		t.Fatal(err)
	}
	broken := ticket(100, 10<<10) + "}"
	steps := func(body string) string { return `[{"method":"POST","path":"tickets","body":` + body + `}]` }
	for _, c := range []struct {
		path, body   string
		before, then int
	}{
		{"tickets", broken, http.StatusServiceUnavailable, http.StatusBadRequest},
		{"tickets", broken, http.StatusServiceUnavailable, http.StatusBadRequest},
		{"rpc/transaction", steps(broken), http.StatusServiceUnavailable, http.StatusBadRequest},
		{"tickets", ticket(100, 10) + "}", http.StatusBadRequest, http.StatusBadRequest},
		{"tickets", ticket(101, 10), http.StatusCreated, http.StatusConflict},
		{"tickets", ticket(102, 10<<10), http.StatusServiceUnavailable, http.StatusCreated},
		{"tickets", ticket(103, 10<<10), http.StatusServiceUnavailable, http.StatusCreated},
		{"rpc/transaction", steps(ticket(104, 10<<10)), http.StatusServiceUnavailable, http.StatusOK},
	} {
		if status, body := s.sent("POST", "/rest/v1/"+c.path, c.body); status != c.before {
			t.Errorf("%.60s: while there is no place %d %.200s", c.body, status, body)
		}
		inside.Leave()
		if status, body := s.sent("POST", "/rest/v1/"+c.path, c.body); status != c.then {
			t.Errorf("%.60s: where there is one %d %.200s", c.body, status, body)
		}
		if inside, err = bulk.Enter(t.Context(), func() string { return "somebody" }); err != nil {
			t.Fatalf("%.60s: the place was not left", c.body)
		}
	}
}
