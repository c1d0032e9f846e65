// Package config owns socle.yaml: the settings of a project, their defaults, ${ENV} substitution and SOCLE_A_B
// overrides. It knows what a setting may be, not what is done with it; the sections auth and mail are checked here and
// read by their own packages.
package config

import (
	"errors"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/admission"
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
	Limits    admission.Limits
	Proxies   int64    // how many stand before the server, of which the last writes X-Forwarded-For
	CORS      []string // origins, exact; "*" is any
	// Namespaces are those called something else on the wire.
	Namespaces []schema.NamespaceSpec
	Rest       Rest
	GraphQL    GraphQL
	Auth       Section
	Mail       Section
}

// Database says where the data lives.
type Database struct {
	Engine      string   // sqlite or postgres
	URL         string   // postgres only; may hold a password and is never printed
	Replicas    []string // postgres only: URLs of read-only copies, kept like URL
	Connections int      // postgres only: at most so many to each server; 0: what the URL says, else a default
}

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
		names[variable(path)], names[flag+path] = v, v
	}
	return func(name string) (string, bool) {
		if v, ok := names[name]; ok {
			return v, true
		}
		return env(name)
	}
}

// flag begins the names under which With answers for what comes from the command line; no variable is called so.
const flag = "--"

// Origin says where a setting comes from: the flag, the variable, or the file.
func Origin(env Env, path string) string {
	if env != nil {
		for _, name := range []string{flag + path, variable(path)} {
			if _, given := env(name); given {
				return name
			}
		}
	}
	return File
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
	c := &Config{
		Name:      s.Text("name", ""),
		PublicURL: strings.TrimRight(s.Text("public_url", ""), "/"),
		Database:  s.database(),
		CORS:      s.List("cors"), Proxies: s.Int("proxies", 0),
		Limits: s.limits(),
		Auth:   s.Sub("auth"), Mail: s.Sub("mail"),
		Namespaces: s.Sub("namespaces").namespaces(),
	}
	c.Rest.Rollback, c.GraphQL.Introspection = s.optional("rest.rollback"), s.optional("graphql.introspection")
	r.advise(s)
	if _, written := s.find("name"); !written {
		r.Problems.Add(schema.Pos{File: File, Line: 1, Column: 1}, "`name: my-app`", "the project has no name")
	}
	return c
}

// advise warns of what is allowed and probably not meant.
func (r *reader) advise(s Section) {
	if list, ok := s.find("auth.redirects"); ok {
		r.adviseRedirects(list)
	}
	origins, ok := s.find("cors")
	if !ok {
		return
	}
	for _, item := range origins.Items {
		if item.Text == "*" {
			r.Problems.Warn(item.Pos, "list the origins of your own pages: cors: [ https://app.example.org ]",
				"`*` in cors lets the pages of every site call the API with their visitors' keys and tokens")
		}
	}
}

// namespaces are the names that the section gives, in written order.
func (s Section) namespaces() []schema.NamespaceSpec {
	if s.node == nil {
		return nil
	}
	var out []schema.NamespaceSpec
	for _, p := range s.node.Pairs {
		if n, ok := (Section{p.Value}).find("name"); ok {
			out = append(out, schema.NamespaceSpec{Key: p.Key, Name: schema.Word{Text: n.Text, Pos: n.TextPos()}})
		}
	}
	return out
}

// limits are the project's bounds; what it does not set has its default.
func (s Section) limits() admission.Limits {
	l := admission.Default()
	for name, at := range map[string]*int{"rows": &l.Rows, "statements": &l.Levels, "cost": &l.Cost, "embed_depth": &l.EmbedDepth,
		"logic_depth": &l.LogicDepth, "in_items": &l.InItems, "select_items": &l.SelectItems, "bulk_rows": &l.BodyRows,
		"written_rows": &l.Writes, "waiting": &l.Waiting} {
		*at = int(s.Int("limits."+name, int64(*at)))
	}
	for name, at := range map[string]*int{"body": &l.Body, "response": &l.Response, "url_length": &l.URLLength, "held": &l.Held} {
		*at = int(s.Size("limits."+name, int64(*at)))
	}
	l.Tree = l.Rows * admission.TreeFactor
	l.Statement, l.Wait = s.Duration("limits.statement_timeout", l.Statement), s.Duration("limits.wait", l.Wait)
	return l
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

func (s Section) database() Database {
	text := s.Text("database", "sqlite")
	if text == "sqlite" {
		return Database{Engine: "sqlite"}
	}
	return Database{Engine: "postgres", URL: text, Replicas: s.List("database_replicas"), Connections: int(s.Int("database_pool", 0))}
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
	if u.Host == "" {
		u.Host = u.Query().Get("host")
	}
	return "postgres://" + u.Host + u.Path
}

// Equal reports whether both lead to the same data in the same way.
func (d Database) Equal(o Database) bool {
	return d.Engine == o.Engine && d.URL == o.URL && d.Connections == o.Connections && slices.Equal(d.Replicas, o.Replicas)
}
