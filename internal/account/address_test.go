package account

import "testing"

func TestALetterThatOnlyLooksLikeOneOfASCIIMakesNobodyElsesAddress(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"adm\u0130n@example.org", "\u212aate@example.org"} {
		if got, err := Email(typed); err == nil {
			t.Errorf("%q is taken for %q", typed, got)
		}
	}
	if got, err := Email("\u00c5da@example.org"); err != nil || got != "\u00e5da@example.org" {
		t.Errorf("%q, %v", got, err)
	}
}
