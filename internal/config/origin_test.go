package config_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/config"
)

func TestASettingSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	bare, given := env(), env("SOCLE_DATABASE", "x")
	flagged := config.With(given, map[string]string{"database": "y"})
	for want, e := range map[string]config.Env{"socle.yaml": bare, "SOCLE_DATABASE": given, "--database": flagged} {
		if got := config.Origin(e, "database"); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
