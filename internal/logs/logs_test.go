package logs_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/logs"
)

// sink keeps what is written; it takes only room bytes where that is not negative, and nothing while it is shut.
type sink struct {
	sync.Mutex
	bytes.Buffer
	room   int
	writes int
	shut   chan struct{}
}

func newSink() *sink { return &sink{room: -1} }

func (s *sink) Write(p []byte) (int, error) {
	s.Lock()
	shut := s.shut
	s.Unlock()
	if shut != nil {
		<-shut
	}
	s.Lock()
	defer s.Unlock()
	s.writes++
	if s.room < 0 || len(p) <= s.room {
		s.room = max(-1, s.room-len(p))
		return s.Buffer.Write(p)
	}
	n, _ := s.Buffer.Write(p[:s.room])
	s.room = 0
	return n, errors.New("no space left")
}

func (s *sink) text() string {
	s.Lock()
	defer s.Unlock()
	return s.String()
}

func (s *sink) count() int {
	s.Lock()
	defer s.Unlock()
	return s.writes
}

func (s *sink) set(room int, shut chan struct{}) {
	s.Lock()
	defer s.Unlock()
	s.room, s.shut = room, shut
}

// begun are lines to a sink, which are written until the test ends.
func begun(t *testing.T, to *sink) *logs.Lines {
	l := logs.Gather(to)
	go l.Run()
	t.Cleanup(l.Close)
	return l
}

var awkward = rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9/_.:\\-]*`), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	rapid.SampledFrom([]string{"", "a b", "a=b", `a"b`, `a\b`, "a\x7fb", "a\x00b", "ä", "a\u00a0b", "a\u200bb", "\xff", "\ufffd", "0-0/*", "line\nfeed"}))

var values = rapid.OneOf(
	rapid.Map(awkward, slog.StringValue),
	rapid.Map(rapid.Int64(), slog.Int64Value),
	rapid.Map(rapid.Int64(), func(n int64) slog.Value { return slog.DurationValue(time.Duration(n)) }),
	rapid.Map(rapid.Bool(), slog.BoolValue),
	rapid.Map(awkward, func(s string) slog.Value { return slog.AnyValue(errors.New(s)) }),
	rapid.Map(awkward, func(s string) slog.Value { return slog.GroupValue(slog.String("in", s), slog.Int("side", 1)) }),
)

func TestALineIsExactlyWhatTheStandardHandlerWrites(t *testing.T) {
	t.Parallel()
	got := newSink()
	lines := begun(t, got)
	ours := logs.Text(lines)
	rapid.Check(t, func(rt *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(rt, "zone"))
		at := time.Unix(rapid.Int64Range(-63e9, 260e9).Draw(rt, "second"), rapid.Int64Range(0, 999_999_999).Draw(rt, "nanosecond")).In(zone)
		if rapid.IntRange(0, 20).Draw(rt, "no time") == 0 {
			at = time.Time{}
		}
		r := slog.NewRecord(at, slog.Level(rapid.IntRange(-6, 10).Draw(rt, "level")), awkward.Draw(rt, "message"), 0)
		for range rapid.IntRange(0, 12).Draw(rt, "attributes") {
			r.AddAttrs(slog.Attr{Key: awkward.Draw(rt, "key"), Value: values.Draw(rt, "value")})
		}
		var want bytes.Buffer
		standard, before := slog.Handler(slog.NewTextHandler(&want, nil)), len(got.text())
		ours := ours
		if rapid.IntRange(0, 5).Draw(rt, "with") == 0 {
			standard, ours = standard.WithAttrs([]slog.Attr{slog.Int("a", 1)}), ours.WithAttrs([]slog.Attr{slog.Int("a", 1)})
			standard, ours = standard.WithGroup("g"), ours.WithGroup("g")
		}
		if err := errors.Join(standard.Handle(t.Context(), r), ours.Handle(t.Context(), r)); err != nil {
			rt.Fatal(err)
		}
		lines.Flush()
		if text := got.text()[before:]; text != want.String() {
			rt.Fatalf("got  %q\nwant %q", text, want.String())
		}
	})
}

func TestLinesStayWholeAndInOrder(t *testing.T) {
	t.Parallel()
	to := newSink()
	l := begun(t, to)
	var all sync.WaitGroup
	for who := range 8 {
		all.Go(func() {
			for n := range 2000 {
				fmt.Fprintf(l, "%d %d %s\n", who, n, strings.Repeat("x", n%97))
			}
		})
	}
	all.Wait()
	l.Flush()
	var next [8]int
	for line := range strings.Lines(to.text()) {
		var who, n int
		var tail string
		fmt.Sscanf(line, "%d %d %s\n", &who, &n, &tail)
		if n != next[who] || tail != strings.Repeat("x", n%97) {
			t.Fatalf("%q where line %d of %d was next", line, next[who], who)
		}
		next[who]++
	}
	for who, n := range next {
		if n != 2000 {
			t.Errorf("%d lines of %d", n, who)
		}
	}
}

func TestALineThatComesAloneIsWrittenAtOnceAndManyTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := newSink()
		l := begun(t, to)
		start := time.Now()
		fmt.Fprintln(l, "alone")
		synctest.Wait()
		if to.text() != "alone\n" || time.Since(start) != 0 {
			t.Fatalf("%q after %v", to.text(), time.Since(start))
		}
		for n := range 50 {
			fmt.Fprintln(l, n)
		}
		synctest.Wait()
		if n := to.count(); n != 1 {
			t.Fatalf("%d writes", n)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if n := to.count(); n != 2 || !strings.HasSuffix(to.text(), "\n48\n49\n") {
			t.Fatalf("%d writes, %q", n, to.text())
		}
		fmt.Fprintln(l, strings.Repeat("x", 40<<10))
		synctest.Wait()
		if n := to.count(); n != 3 || time.Since(start) != 100*time.Millisecond {
			t.Errorf("%d writes: a full piece waits", n)
		}
	})
}

func TestAWarningIsWrittenBeforeItIsOverAndAfterWhatCameBefore(t *testing.T) {
	t.Parallel()
	for _, form := range []func(*logs.Lines) slog.Handler{logs.Text, logs.JSON} {
		for _, level := range []slog.Level{slog.LevelWarn, slog.LevelError} {
			to := newSink()
			log := slog.New(form(begun(t, to)))
			log.Info("zero")
			log.Info("first")
			log.Log(t.Context(), level, "second")
			if text := to.text(); strings.Count(text, "\n") != 3 || strings.Index(text, "first") > strings.Index(text, "second") {
				t.Errorf("%s: %q", level, text)
			}
		}
	}
}

func TestWhatIsGatheredIsWrittenAtTheEnd(t *testing.T) {
	t.Parallel()
	to := newSink()
	l := logs.Gather(to)
	go l.Run()
	for range 1000 {
		fmt.Fprintln(l, "a line")
	}
	l.Close()
	if to.text() != strings.Repeat("a line\n", 1000) {
		t.Errorf("%d bytes", len(to.text()))
	}
}

func TestADiskThatIsFullForAWhileLosesNoLineAndCutsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := newSink()
		to.set(10, nil)
		log := slog.New(logs.Text(begun(t, to)))
		for n := range 100 {
			log.Info("line", "n", n)
		}
		log.Error("the last")
		if got := to.text(); len(got) != 10 {
			t.Fatalf("%q", got)
		}
		to.set(-1, nil)
		time.Sleep(time.Second)
		synctest.Wait()
		n := 0
		for line := range strings.Lines(to.text()) {
			if want := fmt.Sprintf("msg=line n=%d\n", n); n < 100 && !strings.HasSuffix(line, want) {
				t.Fatalf("%q where %q was next", line, want)
			}
			n++
		}
		if n != 101 {
			t.Errorf("%d lines", n)
		}
	})
}

func TestALogThatBlocksHoldsNobodyForLongAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to, shut := newSink(), make(chan struct{})
		to.set(-1, shut)
		log, start := slog.New(logs.Text(begun(t, to))), time.Now()
		for n := range 100_000 {
			log.Info("line", "n", n)
		}
		for range 100 {
			log.Error("wrong")
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Fatalf("held for %v", took)
		}
		to.set(-1, nil)
		close(shut)
		synctest.Wait()
		time.Sleep(time.Second)
		log.Info("again")
		time.Sleep(time.Second)
		synctest.Wait()
		text := to.text()
		kept, lost := strings.Count(text, "msg=line")+strings.Count(text, "msg=wrong"), 0
		_, after, _ := strings.Cut(text, "could not be written\" lines=")
		fmt.Sscanf(after, "%d", &lost)
		if kept+lost != 100_100 || lost == 0 || !strings.HasSuffix(text, "msg=again\n") {
			t.Errorf("%d kept, %d lost; ends with %q", kept, lost, text[len(text)-200:])
		}
	})
}

func TestALogThatBlocksForEverDoesNotKeepTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to, shut := newSink(), make(chan struct{})
		to.set(-1, shut)
		l, start := logs.Gather(to), time.Now()
		go l.Run()
		fmt.Fprintln(l, "a line")
		l.Close()
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("held for %v", took)
		}
		close(shut)
	})
}
