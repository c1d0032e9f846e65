package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far a long command is: a bar on a terminal, a plain line now and then elsewhere.
type progress struct {
	*session
	last  time.Time
	drawn bool
}

// The pace of a bar, and of plain lines.
const (
	barPace  = 100 * time.Millisecond
	linePace = 5 * time.Second
	barWidth = 30
)

// at shows the rows and the bytes that are done; size is 0 where it is not known.
func (p *progress) at(name string, rows, bytes, size int64) {
	now, bar := p.clock.Now(), terminal(p.session.err)
	pace := linePace
	if bar {
		pace = barPace
	}
	if p.last.IsZero() {
		p.last = now
	}
	if now.Sub(p.last) < pace {
		return
	}
	p.last = now
	text := fmt.Sprintf("%s: %s", name, plural(int(rows), "row"))
	if size > 0 {
		text += fmt.Sprintf(", %d %%", min(100, 100*bytes/size))
	}
	if !bar {
		fmt.Fprintln(p.session.err, text)
		return
	}
	filled := 0
	if size > 0 {
		filled = int(min(barWidth, barWidth*bytes/size))
	}
	fmt.Fprintf(p.session.err, "\r\x1b[K[%s%s] %s", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), text)
	p.drawn = true
}

// clear takes the bar away, so that lines can be printed.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.session.err, "\r\x1b[K")
		p.drawn = false
	}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
