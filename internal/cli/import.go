package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/transfer"
)

// datadir is the data directory of commands whose first arguments are their own.
type datadir struct {
	Data     string `help:"The data directory (default: .socle in the project)." placeholder:"DIR" type:"path"`
	Database string `help:"The database, instead of the one in socle.yaml." placeholder:"URL"`
}

func (d datadir) at(dir string) *place { return &place{Dir: dir, Data: d.Data, Database: d.Database} }

type importCommand struct {
	Args []string `arg:"" optional:"" name:"collection file dir" help:"The collection, its file (- for standard input) and the project's folder; with --all only the project's folder."`
	datadir
	All        string            `help:"Import every file of a folder; each is named by its collection." placeholder:"FOLDER" type:"path"`
	Format     string            `help:"csv or ndjson, where the file's name does not say." enum:"csv,ndjson," default:""`
	Map        map[string]string `help:"Name the field of a column; an empty field leaves the column out." placeholder:"COLUMN=FIELD"`
	Upsert     bool              `help:"Update rows whose key is there."`
	Ignore     bool              `name:"ignore-duplicates" help:"Pass over rows whose key is there."`
	OnConflict []string          `help:"The fields that tell rows apart for --upsert and --ignore-duplicates, instead of the primary key." placeholder:"FIELD"`
	SkipBad    bool              `help:"Leave out bad rows and write them, with reasons, to a file beside their own."`
	DryRun     bool              `help:"Check everything in a copy of the database and keep nothing."`
	Restart    bool              `help:"Begin at the first row, also where an earlier import of the file stopped half-way."`
}

// Run imports files, and says what became of every one of them.
func (c *importCommand) Run(s *session) (err error) {
	if err := c.misused(); err != nil {
		return usage{err}
	}
	dir := argument(c.Args, 2*given(c.All == ""), ".")
	p := c.at(dir)
	if err := p.exists(); err != nil {
		return err
	}
	open := app.OpenTransfer
	if c.DryRun {
		open = app.OpenRehearsal
	}
	t, err := open(s.ctx, p.options(s, slog.New(slog.DiscardHandler), false))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	sources, clean, err := c.sources(s, t)
	defer func() { err = errors.Join(err, clean()) }()
	if err != nil {
		return usage{err}
	}
	l := app.Load{Rename: c.Map, Merge: c.Upsert || len(c.OnConflict) > 0 && !c.Ignore, Ignore: c.Ignore, On: c.OnConflict, SkipBad: c.SkipBad || c.DryRun}
	r := &importReport{session: s, progress: progress{session: s}, dry: c.DryRun}
	done, err := t.Import(s.ctx, sources, l, c.Restart, r.hear)
	whole := err == nil && !stopped(done)
	if err = r.tell(done, len(sources), err); whole {
		err = errors.Join(err, t.Forget(context.WithoutCancel(s.ctx), done))
	}
	return err
}

// stopped reports whether a bad row ended the imports.
func stopped(done []app.Imported) bool { return len(done) > 0 && done[len(done)-1].Stopped }

func (c *importCommand) misused() error {
	switch most := 1 + 2*given(c.All == ""); {
	case c.All == "" && len(c.Args) < 2:
		return errors.New("say which collection and which file, such as `socle import projects projects.csv`, or --all FOLDER")
	case len(c.Args) > most:
		return fmt.Errorf("there is no place for %q", c.Args[most])
	case c.All != "" && len(c.OnConflict) > 0:
		return errors.New("--on-conflict is for one collection; --upsert goes by every collection's primary key")
	case c.All != "" && len(c.Map) > 0:
		return errors.New("--map is for one collection")
	case c.Upsert && c.Ignore:
		return errors.New("--upsert and --ignore-duplicates exclude each other")
	}
	return nil
}

func given(is bool) int {
	if is {
		return 1
	}
	return 0
}

// argument is the nth argument, or what stands for it.
func argument(args []string, n int, otherwise string) string {
	if n < len(args) {
		return args[n]
	}
	return otherwise
}

// sources finds the files. What is wrong with them is the caller's mistake.
func (c *importCommand) sources(s *session, t *app.Transfer) ([]app.Source, func() error, error) {
	clean := func() error { return nil }
	if c.All != "" {
		list, err := app.FolderSources(t.Catalog, c.All)
		return list, clean, err
	}
	name, path := c.Args[0], c.Args[1]
	if _, err := transfer.Find(t.Catalog, name); err != nil {
		return nil, clean, err
	}
	f, known := transfer.FormatOf(path)
	switch {
	case c.Format != "":
		f = transfer.Format(c.Format)
	case !known:
		return nil, clean, fmt.Errorf("the name %q does not say what the file is: give --format csv or --format ndjson", path)
	}
	if path == "-" {
		one, clean, err := t.StreamSource(s.ctx, name, f, os.Stdin)
		return []app.Source{one}, clean, err
	}
	one, err := app.FileSource(name, path, f)
	return []app.Source{one}, clean, err
}

// importReport says how an import goes and went.
type importReport struct {
	*session
	progress
	dry bool
	bad int
}

// shown is how many bad rows are printed; a file with refused rows has all of them.
const shown = 100

func (r *importReport) hear(s app.Source, e transfer.Event) {
	if e.Bad == nil {
		r.progress.at(s.Collection, e.Rows, e.Bytes, s.Size)
		return
	}
	r.progress.clear()
	for _, why := range e.Bad.Reasons {
		if r.bad++; r.bad <= shown {
			fmt.Fprintf(r.session.err, "%s:%d: %s\n", s.Path, e.Bad.Line, why)
		}
	}
}

func (r *importReport) tell(done []app.Imported, all int, err error) error {
	r.progress.clear()
	if r.bad > shown {
		fmt.Fprintf(r.session.err, "and %d more\n", r.bad-shown)
	}
	failed := r.bad > 0
	var mistake *transfer.Mistake
	if errors.As(err, &mistake) {
		fmt.Fprintln(r.session.err, mistake)
		failed = true
	}
	for _, one := range done {
		r.one(one)
	}
	if err != nil && mistake == nil {
		r.more(done)
		return interrupted(err)
	}
	if failed && !r.dry && len(done) > 0 && (err != nil || stopped(done)) {
		r.more(done)
		if left := all - len(done); left > 0 {
			fmt.Fprintf(r.out, "%s not begun\n", plural(left, "file"))
		}
	}
	if r.dry {
		fmt.Fprintln(r.out, "this was a rehearsal: nothing is kept")
	}
	if failed {
		return errReported
	}
	return nil
}

// interrupted is plain words for Ctrl-C.
func interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	return err
}

// more says how to go on.
func (r *importReport) more(done []app.Imported) {
	var rows int64
	for _, one := range done {
		rows += one.Rows
	}
	if rows > 0 && !r.dry {
		fmt.Fprintln(r.out, "what is in stays; the same command goes on from there, also with what comes after it corrected")
	}
}

func (r *importReport) one(i app.Imported) {
	if i.Resumed {
		fmt.Fprintf(r.out, "%s: went on where an earlier import stopped, after %s\n", i.Collection, plural(int(i.Known), "row"))
	}
	text := fmt.Sprintf("%s: %s from %s", i.Collection, plural(int(i.Written), "row"), i.Path)
	if updated := i.Written - i.Inserted; updated > 0 {
		text += fmt.Sprintf(", %d of them updated", updated)
	}
	if i.Passed > 0 {
		text += fmt.Sprintf(", %d passed over", i.Passed)
	}
	if i.Second > 0 {
		text += fmt.Sprintf("; %s written without a reference to a later row, which was filled in afterwards", plural(int(i.Second), "row"))
	}
	if i.Bad > 0 {
		text += fmt.Sprintf("; %s left out", plural(int(i.Bad), "bad row"))
	}
	if i.Refused != "" {
		text += ", with reasons in " + i.Refused
	}
	if i.Stopped {
		text += "; a bad row ended it"
		if i.Line > 0 {
			text += fmt.Sprintf(" after line %d", i.Line)
		}
		text += " (--dry-run lists all, --skip-bad leaves them out)"
	}
	fmt.Fprintln(r.out, text)
}
