package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// However a row is spelled, it is the same row: plainly, with escapes and exponents, as lines, as CSV.
func TestSpellingsOfABodyAgree(t *testing.T) {
	t.Parallel()
	v := fullerView(catalogue(t))
	rapid.Check(t, func(rt *rapid.T) {
		var plain, odd, lines []string
		csv := "title,points,done,weight,estimate\n"
		for range rapid.IntRange(1, 4).Draw(rt, "rows") {
			title := rapid.StringOfN(rapid.RuneFrom([]rune("aé\"\\,\n 7NU\u2028😀")), 0, 6, -1).Draw(rt, "title")
			points := rapid.IntRange(-1000, 1_000_000).Draw(rt, "points")
			done, weight, cents := rapid.Bool().Draw(rt, "done"), rapid.IntRange(-99, 99).Draw(rt, "weight"), rapid.IntRange(0, 99999).Draw(rt, "cents")
			quoted, _ := json.Marshal(title)
			plain = append(plain, fmt.Sprintf(`{"title":%s,"points":%d,"done":%t,"weight":%d,"estimate":%d.%02d}`, quoted, points, done, weight, cents/100, cents%100))
			var escaped strings.Builder
			for _, u := range utf16.Encode([]rune(title)) {
				fmt.Fprintf(&escaped, `\u%04X`, u)
			}
			odd = append(odd, fmt.Sprintf("{ \"\\u0074itle\":\t\"%s\", \"points\" : %d.0e0,\"done\":\"%t\", \"weight\": %d.0E+0 , \"estimate\":%de-2\n}", escaped.String(), points, done, weight, cents))
			lines = append(lines, plain[len(plain)-1])
			csv += fmt.Sprintf("\"%s\",%d,%t,%d,%d.%02d\n", strings.ReplaceAll(title, `"`, `""`), points, done, weight, cents/100, cents%100)
		}
		want := written(t, v, send("POST /tickets", "["+strings.Join(plain, ",")+"]"))
		for kind, body := range map[string]string{"application/json": " [" + strings.Join(odd, " ,\n") + " ]\n", "application/x-ndjson": strings.Join(lines, "\r\n"), "text/csv": csv} {
			if got := written(t, v, send("POST /tickets", body, "Content-Type", kind)); got != want {
				rt.Fatalf("%s\n got %s\nwant %s", body, got, want)
			}
		}
	})
}
