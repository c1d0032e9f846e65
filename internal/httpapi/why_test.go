package httpapi_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/httpapi"
)

func TestTheDevelopersLogSaysWhichPolicyRemovedEveryRow(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) { c.Dev = true })
	const removed = `why="every row of tickets (1) was removed by its read policy: \"row.id != 5 || row.project.owner_id == auth.uid\" (collections/tickets.yaml:9:20)"`
	for request, c := range map[string]struct {
		why     string
		headers []string
	}{
		"GET /rest/v1/tickets?id=eq.5":                                        {why: removed},
		"HEAD /rest/v1/tickets?id=eq.5":                                       {why: removed},
		"GET /rest/v1/tickets?id=eq.5&select=id":                              {removed, []string{"Accept: application/vnd.pgrst.object+json"}},
		"GET /rest/v1/tickets?id=eq.5&select=id,projects!inner(id)":           {why: `why="policies removed every row of tickets (1); its read policy is`},
		"GET /rest/v1/tickets?id=eq.5&limit=0":                                {},
		"GET /rest/v1/tickets?id=eq.5&offset=1":                               {},
		"GET /rest/v1/tickets?id=eq.99":                                       {},
		"GET /rest/v1/tickets?id=eq.4":                                        {},
		"GET /rest/v1/tickets?select=count()&id=eq.5":                         {},
		"GET /rest/v1/projects?id=eq.1&tickets.id=eq.5&select=id,tickets(id)": {},
	} {
		s.log.Reset()
		s.do(request, c.headers...)
		if log := s.log.String(); c.why == "" && strings.Contains(log, "why=") || !strings.Contains(log, c.why) {
			t.Errorf("%s:\n%s", request, log)
		}
	}
	s.log.Reset()
	s.do("GET /rest/v1/tickets?id=eq.5", "apikey: "+s.keys.Secret)
	if strings.Contains(s.log.String(), "why=") {
		t.Error(s.log.String())
	}
}

func TestInServiceTheLogSaysNothingOfRowsUnseen(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	if s.do("GET /rest/v1/tickets?id=eq.5"); strings.Contains(s.log.String(), "why=") {
		t.Error(s.log.String())
	}
}
