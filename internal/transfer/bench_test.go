package transfer_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/transfer"
)

const plain = `
-- projects.yaml --
fields: { id: int, name: { type: text, required: true } }
policies: { read: true }
-- readings.yaml --
fields:
  id: int
  project_id: { ref: projects, required: true }
  label: { type: text, required: true, max: 40 }
  amount: { type: decimal, precision: 12, scale: 2, min: 0 }
  seen_at: { type: timestamp, required: true }
  open: { type: bool, default: true }
indexes: [[project_id]]
policies: { read: true }
`

// readings is CSV of n rows, made while it is read.
func readings(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		b := bytes.NewBufferString("id,project_id,label,amount,seen_at,open\n")
		for i := range n {
			fmt.Fprintf(b, "%d,%d,reading number %d,%d.%02d,2026-03-01T%02d:%02d:00Z,%t\n", i+1, i%100+1, i, i%9999, i%100, i%24, i%60, i%3 == 0)
			if b.Len() > 64<<10 {
				b.WriteTo(w)
			}
		}
		b.WriteTo(w)
		w.Close()
	}()
	return r
}

func BenchmarkImport(b *testing.B) {
	st, err := sqlite.Open(b.TempDir(), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	p := layOn(b, plain, st)
	var projects bytes.Buffer
	projects.WriteString("id,name\n")
	for i := range 100 {
		fmt.Fprintf(&projects, "%d,p%d\n", i+1, i+1)
	}
	p.load("projects", transfer.CSV, projects.String())
	b.ResetTimer()
	j := p.job("readings", transfer.CSV)
	res, err := j.Import(b.Context(), readings(b.N))
	if err != nil || res.Written != int64(b.N) {
		b.Fatal(res, err)
	}
}
