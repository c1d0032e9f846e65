package value

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestAFloatBetweenTwoDoublesPrintsAnotherDigit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5.6593902016227536e+16": "5.6593902016227536e+16", "1e+16": "1e+16", "9007199254740993": "9.007199254740992e+15",
		"1.7976931348623157e+308": "1.7976931348623157e+308", "-5.6593902016227536e+16": "-5.6593902016227536e+16", "0.1": "0.1",
	} {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendFloat(nil, f)); got != want {
			t.Errorf("%s prints as %s, want %s", text, got, want)
		}
	}
}

func TestEveryPrintedFloatReadsBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		f := math.Float64frombits(r.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		back, err := strconv.ParseFloat(string(appendFloat(nil, f)), 64)
		if err != nil || back != f {
			t.Fatalf("%v prints as %s", f, appendFloat(nil, f))
		}
	}
}
