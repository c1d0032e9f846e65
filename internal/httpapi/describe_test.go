package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// described is the part of a document these tests look at.
type described struct {
	OpenAPI string
	Info    struct{ Title string }
	Paths   map[string]map[string]struct{ OperationID string }
}

func (s *server) described(headers ...string) (described, string) {
	s.Helper()
	r := s.do("GET /rest/v1/", headers...)
	text := body(s, r)
	var d described
	if err := json.Unmarshal([]byte(text), &d); err != nil || r.StatusCode != 200 {
		s.Fatal(r.StatusCode, err, text)
	}
	return d, text
}

func TestTheRootDescribesWhatTheCallerSees(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	const openAPI = "application/openapi+json; charset=utf-8"
	for accept, want := range map[string]string{"application/openapi+json": openAPI, "application/json": "application/json; charset=utf-8", "*/*": openAPI, "": openAPI} {
		r := s.do("GET /rest/v1/", "Accept: "+accept)
		if got := r.Header.Get("Content-Type"); got != want || r.StatusCode != 200 {
			t.Errorf("%q: %d %s", accept, r.StatusCode, got)
		}
	}
	anon, text := s.described()
	if anon.OpenAPI != "3.1.0" || anon.Info.Title != "trial" || anon.Paths["/tickets"]["get"].OperationID != "read_tickets" || len(anon.Paths["/tickets"]) != 2 {
		t.Errorf("%+v", anon)
	}
	if strings.Contains(text, "secret\"") || strings.Contains(text, "hidden") || strings.Contains(text, "users") {
		t.Errorf("anon is shown what it may not see: %s", text)
	}
	service, text := s.described("apikey: " + s.keys.Secret)
	if service.Paths["/hidden"]["delete"].OperationID != "delete_hidden" || !strings.Contains(text, `"secret"`) {
		t.Errorf("%+v", service.Paths)
	}
	billing, _ := s.described("Accept-Profile: billing")
	if len(billing.Paths) != 1 || billing.Paths["/invoices"]["get"].OperationID != "read_invoices" {
		t.Errorf("%+v", billing.Paths)
	}
}

func TestTheDescriptionIsNotSentAgainAndCanBeReadByPages(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	first := s.do("GET /rest/v1/", "Origin: https://app.example.org")
	tag := first.Header.Get("ETag")
	if first.Header.Get("Access-Control-Allow-Origin") != "https://app.example.org" || tag == "" || first.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%v", first.Header)
	}
	if r := s.do("GET /rest/v1/", "If-None-Match: "+tag); r.StatusCode != 304 || body(t, r) != "" {
		t.Errorf("%d", r.StatusCode)
	}
	if r := s.do("GET /rest/v1/", "If-None-Match: "+tag, "apikey: "+s.keys.Secret); r.StatusCode != 200 {
		t.Errorf("another role: %d", r.StatusCode)
	}
	head := s.do("HEAD /rest/v1/")
	if head.StatusCode != 200 || head.Header.Get("ETag") != tag || head.Header.Get("Content-Length") != first.Header.Get("Content-Length") || body(t, head) != "" {
		t.Errorf("%d %v", head.StatusCode, head.Header)
	}
	if got := s.do("OPTIONS /rest/v1/").Header.Get("Allow"); got != "OPTIONS,GET,HEAD" {
		t.Errorf("Allow: %s", got)
	}
	for request, want := range map[string]int{"POST /rest/v1/": 405, "GET /rest/v1/ text/csv": 406, "GET /rest/v1/ without": 401} {
		headers := []string{"Accept: */*"}
		if strings.HasSuffix(request, "csv") {
			headers = []string{"Accept: text/csv"}
		} else if strings.HasSuffix(request, "without") {
			headers = append(headers, "apikey: ")
		}
		method, _, _ := strings.Cut(request, " ")
		if r := s.do(method+" /rest/v1/", headers...); r.StatusCode != want {
			t.Errorf("%s: %d", request, r.StatusCode)
		}
	}
}
