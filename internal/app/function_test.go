package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
)

func TestAFunctionIsTakenUpWithoutAChangeOfTheSchema(t *testing.T) {
	t.Parallel()
	r, dir := open(t, small)
	if got := get(r, "/rest/v1/rpc/last"); !strings.Contains(got, "PGRST202") {
		t.Fatal(got)
	}
	write(t, dir, map[string]string{"queries/last.yaml": "when: true\nread: \"notes?select=texd\"\n"})
	var invalid *app.Invalid
	if err := r.Reload(context.Background()); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "queries/last.yaml:2:") {
		t.Errorf("got %v", err)
	}
	write(t, dir, map[string]string{"queries/last.yaml": "when: true\nread: \"notes?select=text&order=id.desc&limit=1\"\n"})
	if err := r.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := get(r, "/rest/v1/rpc/last"); got != `[{"text":"two"}]` {
		t.Error(got)
	}
}
