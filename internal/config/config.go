// Package config owns socle.yaml: the settings of a project, their defaults, ${ENV} substitution and SOCLE_A_B
// overrides. It knows what a setting may be, not what is done with it; the sections auth and mail are checked here and
// read by their own packages.
package config

import (
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// File is the name of the settings file in a project folder.
const File = "socle.yaml"

// Config is a project's settings, complete with defaults.
type Config struct {
	Name      string
	PublicURL string // without a trailing slash; "" where the project says nothing
	Database  Database
	Limits    Limits
	CORS      []string // origins, exact; "*" is any
	Rest      Rest
	GraphQL   GraphQL
	Auth      Section
	Mail      Section
}

// Database says where the data lives.
type Database struct {
	Engine string // sqlite or postgres
	URL    string // postgres only; may hold a password and is never printed
}

// Limits bound what one request may ask for. Every limit is at least 1.
type Limits struct {
	Body             int64 // bytes of a request body
	Response         int64 // bytes of a response
	Rows             int   // rows per level and parent; more are cut off silently
	Tree             int   // rows of a whole response; more are refused
	Statements       int   // statements of one read
	EmbedDepth       int
	LogicDepth       int
	InItems          int // items of one in, any or all
	SelectItems      int // items of one request's select lists together
	URLLength        int // bytes
	BulkRows         int // rows of one written body
	WrittenRows      int // rows that one request writes or deletes, cascades included
	StatementTimeout time.Duration
}

// treeFactor is how many times limits.rows a whole response may hold.
const treeFactor = 50

// Rest holds the settings of the REST front.
type Rest struct {
	Rollback *bool // whether Prefer: tx=rollback is obeyed; nil: in dev, not in serve
}

// GraphQL holds the settings of the GraphQL front.
type GraphQL struct {
	Introspection *bool // nil: on in dev, off in serve
}

// Env looks up an environment variable; os.LookupEnv is one.
type Env func(name string) (string, bool)

// With is env with settings put over it, by path ("database", "limits.rows"): command-line flags.
func With(env Env, settings map[string]string) Env {
	names := make(map[string]string, len(settings))
	for path, v := range settings {
		names[variable(path)] = v
	}
	return func(name string) (string, bool) {
		if v, ok := names[name]; ok {
			return v, true
		}
		return env(name)
	}
}

// variable is the environment variable that overrides a setting: SOCLE_LIMITS_ROWS for limits.rows.
func variable(path string) string {
	return "SOCLE_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// Load reads socle.yaml. With a nil env the file alone is checked: variables it names need not exist and nothing is
// overridden. The config is nil if a problem is an error.
func Load(fsys fs.FS, env Env) (*Config, schema.Problems) {
	data, err := fs.ReadFile(fsys, File)
	if err != nil {
		var ps schema.Problems
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "`socle init` makes a project; the least a socle.yaml holds is `name: my-app`"
		}
		ps.Add(schema.Pos{File: File}, hint, "the file cannot be read")
		return nil, ps
	}
	return Parse(data, env)
}

// Parse is Load for the file's text.
func Parse(data []byte, env Env) (*Config, schema.Problems) {
	root, problems := yamlfile.Parse(File, shield(data))
	if root == nil {
		return nil, problems.Sorted()
	}
	unshield(root)
	r := &reader{env: env, opaque: map[*yamlfile.Node]bool{}}
	r.Problems = problems
	r.override(root, "", project)
	r.check(root, "socle.yaml", project)
	c := r.config(Section{root})
	if r.Problems.Failed() {
		return nil, r.Problems.Sorted()
	}
	return c, r.Problems.Sorted()
}

// config reads the checked tree; what is absent has its default.
func (r *reader) config(s Section) *Config {
	rows := int(s.Int("limits.rows", 1000))
	c := &Config{
		Name:      s.Text("name", ""),
		PublicURL: strings.TrimRight(s.Text("public_url", ""), "/"),
		Database:  database(s.Text("database", "sqlite")),
		CORS:      s.List("cors"),
		Limits: Limits{
			Body: s.Size("limits.body", 10<<20), Response: s.Size("limits.response", 64<<20),
			Rows: rows, Tree: rows * treeFactor, Statements: int(s.Int("limits.statements", 50)),
			EmbedDepth: int(s.Int("limits.embed_depth", 6)), LogicDepth: int(s.Int("limits.logic_depth", 20)),
			InItems:     int(s.Int("limits.in_items", 1000)),
			SelectItems: int(s.Int("limits.select_items", 500)), URLLength: int(s.Size("limits.url_length", 16<<10)),
			BulkRows: int(s.Int("limits.bulk_rows", 10000)), WrittenRows: int(s.Int("limits.written_rows", 100_000)),
			StatementTimeout: s.Duration("limits.statement_timeout", 10*time.Second),
		},
		Auth: s.Sub("auth"), Mail: s.Sub("mail"),
	}
	c.Rest.Rollback, c.GraphQL.Introspection = s.optional("rest.rollback"), s.optional("graphql.introspection")
	if _, written := s.find("name"); !written {
		r.Problems.Add(schema.Pos{File: File, Line: 1, Column: 1}, "`name: my-app`", "the project has no name")
	}
	return c
}

// optional is a switch whose default depends on how the project is run: nil where it is not written.
func (s Section) optional(path string) *bool {
	n, ok := s.find(path)
	if !ok {
		return nil
	}
	on := n.Text == "true"
	return &on
}

func database(text string) Database {
	if text == "sqlite" {
		return Database{Engine: "sqlite"}
	}
	return Database{Engine: "postgres", URL: text}
}

// Redacted is the database for logs and messages: the address without user, password and options.
func (d Database) Redacted() string {
	if d.Engine == "sqlite" {
		return d.Engine
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return "postgres"
	}
	return "postgres://" + u.Host + u.Path
}
