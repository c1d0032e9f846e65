package cli

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/mattn/go-isatty"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/migrate"
)

// onTerminal reports whether somebody can be asked.
func onTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// asking shows what a change would lose and waits for an answer on in; anything but yes leaves everything as it is.
func (s *session) asking(log *slog.Logger, in *os.File) func(context.Context, migrate.Difference) bool {
	lines := bufio.NewReader(in)
	return func(ctx context.Context, d migrate.Difference) bool {
		fmt.Fprintln(s.out, "\n  The change would lose data:")
		for _, l := range d.Destructive() {
			fmt.Fprintln(s.out, "  -", l)
		}
		fmt.Fprint(s.out, "  Type yes to carry it out, after a copy of the data as it is now: ")
		answer := make(chan string, 1)
		app.Go(log, "answer", func() {
			line, _ := lines.ReadString('\n') // what was read before an end counts
			answer <- line
		})
		select {
		case <-ctx.Done():
			fmt.Fprintln(s.out)
			return false
		case line := <-answer:
			return strings.TrimSpace(line) == "yes"
		}
	}
}
