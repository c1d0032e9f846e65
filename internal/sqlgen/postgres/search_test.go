package postgres

import (
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

func TestTheIndexesAreAskedForTheRarestPartOfAConjunction(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"cat":                           "xcat",
		"cat & elephant":                "xelephant",
		"(cat | dog) & ox":              "xox",
		"eleph:* & cat":                 "xcat",
		"cat & (sea <-> lion)":          "(xsea <-> xlion)",
		"(cat & elephant) | (dog & ox)": "xelephant | xdog",
		"cat & !elephant":               "xcat",
		"cat | !dog":                    everything,
		"":                              "",
	} {
		got, err := Dialect{}.Bind(sqlgen.Coding{Form: sqlgen.Query, Part: sqlgen.Index, Mode: ir.FTS, Config: "simple"}, value.OfText(query))
		if err != nil || got != want {
			t.Errorf("%q: %v, %v; want %q", query, got, err, want)
		}
	}
}
