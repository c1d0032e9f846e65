package torture

import (
	"strings"
	"testing"
)

func TestTheSummarySaysWhatWasFound(t *testing.T) {
	t.Parallel()
	var s summary
	good, bad := s.begin("power"), s.begin("store")
	s.begin("server") // does not come to its end
	good.found(nil)
	good.end(1000, 5490)
	bad.found([]string{"write 7 was acknowledged and is lost", "write 9: 1 of 3 rows", "integrity: row 3 missing from index", "the total is 4, there are 5 rows"})
	bad.found([]string{"cut at 3 of 9: data.db is damaged"})
	bad.end(25, 1234567)
	var out strings.Builder
	s.print(&out)
	for _, want := range []string{"| power | 1,000 | 5,490 | 1 | 0 | 0 | 0 | ", "| store | 25 | 1,234,567 | 2 | 1 | 2 | 2 | "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "server") {
		t.Error(out.String())
	}
}
