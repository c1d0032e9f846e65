package value

import "testing"

func TestAZeroValueIsNull(t *testing.T) {
	t.Parallel()
	if !(Value{}).IsNull() || OfInt(0).IsNull() || OfBool(true).True() != true || OfInt(1).True() {
		t.Error("NULL, 0 and TRUE are confused")
	}
}

func TestSumsOfDecimalsAreExact(t *testing.T) {
	t.Parallel()
	a, _ := ParseDec("0.10")
	b, _ := ParseDec("0.2")
	if got := a.Add(b).String(); got != "0.30" {
		t.Errorf("0.10 + 0.2 = %s", got)
	}
}
