package accounts

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
)

// A client that goes away at the moment when it is let in takes no place with it.
func TestWhoGoesAwayLeavesItsPlace(t *testing.T) {
	t.Parallel()
	s, _ := gated(t)
	s.Door = admission.NewDoor(admission.DoorOptions{Places: 1, Wait: time.Millisecond, Clock: clock.System()})
	ask := func(ctx context.Context) int {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, Prefix+"/health", nil))
		return w.Code
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 3 {
		ask(gone)
	}
	if status := ask(t.Context()); status != http.StatusOK {
		t.Fatalf("after clients that went away: %d", status)
	}
}
