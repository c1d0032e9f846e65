package engine_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/sqlgen/sqlite"
)

func TestAWriteExplainsItself(t *testing.T) {
	t.Parallel()
	b := onSQLite(t, notes)
	w := b.op(request{update: "notes", eq: "id=4711", body: `{"mark":"bound values never show"}`, returning: "id"}).Write
	for name, d := range map[string]sqlgen.Dialect{"sqlite": sqlite.Dialect{}, "postgres": postgres.Dialect{}} {
		x, err := engine.ExplainWrite(w, ann, b.set, plan.Limits{Writes: 10}, d)
		if err != nil {
			t.Fatal(causes(err))
		}
		text := x.IR + x.Bound + x.Plan + strings.Join(x.SQL, "\n")
		for _, want := range []string{"update notes (mark)\n  where (= notes#0.id $0:int)", "write mark (= notes#0.owner auth.uid)", "\ntarget (and ", "\ncheck (and "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, text)
			}
		}
		if len(x.SQL) != 3 || !strings.HasSuffix(x.SQL[0], d.Lock()) {
			t.Errorf("%s: the statements are\n%s", name, strings.Join(x.SQL, "\n"))
		}
		for _, secret := range []string{"4711", "bound values"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q shows in\n%s", name, secret, text)
			}
		}
	}
}
