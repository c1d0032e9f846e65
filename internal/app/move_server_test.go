package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/move"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestAProjectMovesToAnotherServerWithTheSameAnswers(t *testing.T) {
	t.Parallel()
	here, there := testkit.PostgresURL(t), testkit.PostgresURL(t)
	o := served(t, motley, "", keys(t), here)
	old := join(t, o)
	populated(t, old)
	done, err := app.MoveTo(context.Background(), o, app.Move{To: there})
	if err != nil || len(done.Collections) != 7 {
		t.Fatal(done, causes(err))
	}
	moved := join(t, at(o, there))
	alike(t, old, moved)
	if w := old.ask("POST", "/rest/v1/lines", `{"text":"x"}`); w.Code != 503 {
		t.Error("both take writes:", w.Code, w.Body)
	}
	if was, err := app.MoveRelease(context.Background(), o); err != nil || !was {
		t.Fatal(was, err)
	}
	for _, n := range []*node{old, moved} {
		n.wants(t, "POST", "/rest/v1/people?select=id", `{"name":"next","house_id":7}`, 201, `[{"id":122}]`, "Prefer", "return=representation")
		n.wants(t, "POST", "/rest/v1/lines?select=text", `{"text":"once"}`, 201, `[{"text":"once"}]`, "Idempotency-Key", "k1", "Prefer", "return=representation")
	}
	alike(t, old, moved)
}

func TestAMoveThatIsBrokenOffSaysHowItGoesOn(t *testing.T) {
	t.Parallel()
	here, there := testkit.PostgresURL(t), testkit.PostgresURL(t)
	o := served(t, motley, "", keys(t), here)
	old := join(t, o)
	old.sends(t, 201, "POST", "/rest/v1/lines", `[{"text":"a"},{"text":"b"}]`)
	breakOff := func(how app.Move) error {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		how.To, how.Observe = there, func(e move.Event) {
			if e.Phase == move.Comparing {
				stop()
			}
		}
		_, err := app.MoveTo(ctx, o, how)
		return err
	}
	var stopped *app.MoveStopped
	if err := breakOff(app.Move{}); !errors.As(err, &stopped) || stopped.Continues || !strings.Contains(err.Error(), "--restart") {
		t.Fatal(causes(err))
	}
	old.sends(t, 201, "POST", "/rest/v1/lines", `{"text":"c"}`)
	if _, err := app.MoveTo(context.Background(), o, app.Move{To: there}); err == nil || !strings.Contains(err.Error(), "--restart") {
		t.Fatal(causes(err))
	}
	hold(t, here)
	if err := breakOff(app.Move{Restart: true}); !errors.As(err, &stopped) || !stopped.Continues {
		t.Fatal(causes(err))
	}
	if _, err := app.MoveTo(context.Background(), o, app.Move{To: there}); err != nil {
		t.Fatal(causes(err))
	}
	alike(t, old, join(t, at(o, there)))
}

// hold leaves a database as a move leaves it that was killed.
func hold(t *testing.T, dsn string) {
	t.Helper()
	s, err := postgres.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Hold(context.Background()); err != nil {
		t.Fatal(err)
	}
}
