// Package cli owns the command line: commands, flags, what is printed and with which exit code. What a command does is
// done by the packages it calls.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/alecthomas/kong"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/backup"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/logs"
	"github.com/socle-hq/socle/internal/migrate"
)

// The exit codes.
const (
	done        = 0
	wrong       = 1 // the input is wrong
	different   = 2 // the database is not at the project's schema
	environment = 3 // the environment failed
)

// commands is the command line.
type commands struct {
	Init    initCommand    `cmd:"" help:"Write a small commented project that runs."`
	Dev     devCommand     `cmd:"" help:"Serve on loopback and take up changes to the project's files."`
	Serve   serveCommand   `cmd:"" help:"Serve for production."`
	Check   checkCommand   `cmd:"" help:"Say everything that is wrong with a project."`
	Plan    planCommand    `cmd:"" help:"Show the difference between the database and the project, and what apply would do."`
	Apply   applyCommand   `cmd:"" help:"Bring the database to the project's schema and load its first data."`
	Explain explainCommand `cmd:"" help:"Show what one request becomes: IR, bound IR, plan and SQL."`
	Types   typesCommand   `cmd:"" help:"Print the types of the data API for a client."`
	Import  importCommand  `cmd:"" help:"Bring rows of CSV or NDJSON files into collections, also beside a running server."`
	Export  exportCommand  `cmd:"" help:"Write collections as CSV or NDJSON, also beside a running server."`
	Pull    pullCommand    `cmd:"" help:"Write the project of a PostgreSQL database that is there, and the list of what is different in it."`
	Sql     sqlCommand     `cmd:"" help:"Ask the project's database by SQL, read-only."`
	Test    testCommand    `cmd:"" help:"Run the policy tests of tests/*.yaml in a temporary database."`
	Users   usersCommand   `cmd:"" help:"Administer accounts: list, create, invite, disable, delete, import."`
	Mail    mailCommand    `cmd:"" help:"Show the messages a project sends."`
	Move    moveCommand    `cmd:"" help:"Copy all data to another engine, and prove that it is the same there."`
	Backup  backupCommand  `cmd:"" help:"Write the database to one file, also beside a running server."`
	Restore restoreCommand `cmd:"" help:"Put a backup in the database's place."`
	Reset   resetCommand   `cmd:"" help:"Make dev's database anew: schema and first data."`
	Schema  schemaCommand  `cmd:"" help:"Print the JSON Schema of collection files or of socle.yaml, for editors."`
	Openapi openapiCommand `cmd:"" help:"Print the OpenAPI 3.1 document of the project, as one role sees it."`
	Keys    keysCommand    `cmd:"" help:"Print the publishable and the secret key."`
	Token   tokenCommand   `cmd:"" help:"Print a signed token for development and tests."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// session is what a command gets: the outside world.
type session struct {
	ctx    context.Context
	out    io.Writer
	err    io.Writer
	clock  clock.Clock
	lookup config.Env
}

// stop carries the exit code of kong's own exits (--help) out of the parser.
type stop int

// usage is the error of a command line that is wrong.
type usage struct{ error }

// Run carries out a command line and gives its exit code. It ends early when ctx does.
func Run(ctx context.Context, args []string, out, errs io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			s, ok := p.(stop)
			if !ok {
				panic(p)
			}
			code = int(s)
		}
	}()
	parser, err := kong.New(&commands{}, kong.Name("socle"), kong.Writers(out, errs), kong.ShortUsageOnError(),
		kong.Description("A folder of YAML, served: a protected, PostgREST-compatible data API in one binary."),
		kong.Exit(func(code int) { panic(stop(code)) }))
	if err != nil {
		fmt.Fprintln(errs, err)
		return environment
	}
	line, err := parser.Parse(args)
	if err == nil {
		err = line.Run(&session{ctx, out, errs, clock.System(), os.LookupEnv})
	} else {
		err = usage{err}
	}
	return report(errs, err)
}

// report prints an error and gives its exit code.
func report(errs io.Writer, err error) int {
	var invalid *app.Invalid
	var f *fault.Fault
	switch {
	case err == nil:
		return done
	case errors.As(err, &invalid):
		fmt.Fprint(errs, invalid.Error())
		fmt.Fprintln(errs, tally(invalid.Problems))
	case errors.Is(err, errReported), errors.Is(err, errDifferent):
	case errors.As(err, &f) && codeOf(err) == environment:
		fmt.Fprintln(errs, "socle:", f.Message)
		if f.Hint != "" {
			fmt.Fprintln(errs, "hint:", f.Hint)
		}
		if cause := errors.Unwrap(f); cause != nil {
			fmt.Fprintln(errs, "cause:", cause)
		}
	default:
		fmt.Fprintln(errs, "socle:", err)
	}
	return codeOf(err)
}

// errReported is the error of a command that has said itself what is wrong.
var errReported = errors.New("reported")

func codeOf(err error) int {
	var (
		invalid    *app.Invalid
		none       *app.NoProject
		notApplied *app.NotApplied
		difference migrate.Difference
		noDatabase *app.NoDatabase
		unfit      *backup.Unfit
		noKeys     *app.NoKeys
		mistyped   usage
		violation  *migrate.Violation
		noMove     *app.MoveRefused
		refusal    *account.Refusal
		passwords  *app.KnownPasswords
	)
	switch {
	case errors.Is(err, errReported), errors.As(err, &invalid), errors.As(err, &none), errors.As(err, &mistyped), errors.As(err, &violation),
		errors.As(err, &noDatabase), errors.As(err, &unfit), errors.As(err, &noKeys), errors.As(err, &noMove), errors.As(err, &refusal), errors.As(err, &passwords):
		return wrong
	case errors.Is(err, errDifferent), errors.As(err, &notApplied), errors.As(err, &difference):
		return different
	}
	return environment
}

// place is the project a command works on.
type place struct {
	Dir      string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
	Data     string `help:"The data directory (default: .socle in the project)." placeholder:"DIR" type:"path"`
	Database string `help:"The database, instead of the one in socle.yaml." placeholder:"URL"`
}

func (p *place) data() string {
	if p.Data != "" {
		return p.Data
	}
	return p.Dir + "/.socle"
}

// env is the environment with the flags over it.
func (p *place) env(s *session) config.Env {
	if p.Database == "" {
		return s.lookup
	}
	return config.With(s.lookup, map[string]string{"database": p.Database})
}

// keySet is SOCLE_KEYS.
func (s *session) keySet() string {
	v, _ := s.lookup("SOCLE_KEYS")
	return v
}

// logging is how a command logs.
type logging struct {
	Log string `help:"Form of the log: text or json." enum:"text,json" default:"text"`
}

func (l *logging) logger(s *session) *slog.Logger {
	if l.Log == "json" {
		return slog.New(slog.NewJSONHandler(s.err, nil))
	}
	return slog.New(slog.NewTextHandler(s.err, nil))
}

// gathering is a logger for many lines, which are written together. The log is whole after written.
func (l *logging) gathering(s *session) (log *slog.Logger, written func()) {
	lines, form := logs.Gather(s.err), logs.Text
	if l.Log == "json" {
		form = logs.JSON
	}
	log = slog.New(form(lines))
	app.Go(log, "log", lines.Run)
	return log, lines.Close
}
