package httpapi

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

// Who is turned away has the answer at once and is heard again later; what the process asks of itself has no connection to keep quiet,
// and whoever waits for it does not wait for that.
func TestWhatTheProcessAsksOfItselfIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	s := &server{Config: Config{Clock: clock.System(), Log: slog.New(slog.DiscardHandler)}}
	for name, c := range map[string]struct {
		w     http.ResponseWriter
		waits bool
	}{"a client": {httptest.NewRecorder(), true}, "the process": {&keeper{header: http.Header{}}, false}} {
		synctest.Test(t, func(t *testing.T) {
			before := time.Now()
			s.turnedAway(c.w, httptest.NewRequest(http.MethodGet, "/rest/v1/", nil))
			if waited := time.Since(before) > 0; waited != c.waits {
				t.Errorf("%s was kept waiting: %v", name, waited)
			}
		})
	}
}
