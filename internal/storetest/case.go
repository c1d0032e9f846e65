package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

// Case is one compile case: a txtar archive whose comment says why it exists. Sections `project` (the name of a shared project),
// `collections/…` and `rows/…` make the project, `actor` and `request` the question; all others are what is expected.
type Case struct {
	path    string
	archive *txtar.Archive
}

// ReadCase reads a case file.
func ReadCase(path string) (*Case, error) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	return &Case{path: path, archive: a}, nil
}

// Section is a section's text, "" where the case has none.
func (c *Case) Section(name string) string {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// Expect replaces an expected section, adding it at the end where there is none.
func (c *Case) Expect(name, text string) {
	data := []byte(terminated(text))
	for i, f := range c.archive.Files {
		if f.Name == name {
			c.archive.Files[i].Data = data
			return
		}
	}
	c.archive.Files = append(c.archive.Files, txtar.File{Name: name, Data: data})
}

func terminated(s string) string {
	if s == "" || strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}

// given is the order of the sections that a run gives.
var given = []string{"ir", "bound", "sqlite", "postgres", "response"}

// Save writes the case back, what is expected last and in order.
func (c *Case) Save() error {
	slices.SortStableFunc(c.archive.Files, func(a, b txtar.File) int {
		return slices.Index(given, a.Name) - slices.Index(given, b.Name)
	})
	return os.WriteFile(c.path, txtar.Format(c.archive), 0o644)
}

// Project is the case's project folder: the shared project it names, overlaid with its own files.
func (c *Case) Project() (fstest.MapFS, error) {
	fsys := fstest.MapFS{}
	if name := strings.TrimSpace(c.Section("project")); name != "" {
		shared, err := txtar.ParseFile(filepath.Join("testdata", "projects", name+".txtar"))
		if err != nil {
			return nil, err
		}
		overlay(fsys, shared)
	}
	overlay(fsys, c.archive)
	return fsys, nil
}

func overlay(fsys fstest.MapFS, a *txtar.Archive) {
	for _, f := range a.Files {
		if strings.HasPrefix(f.Name, "collections/") || strings.HasPrefix(f.Name, "rows/") || strings.HasPrefix(f.Name, "queries/") {
			fsys[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
		}
	}
}

// Actor reads the `actor` section: a role's name, or an object with uid, role, email, aal, anonymous and claims.
func (c *Case) Actor() (policy.Actor, error) {
	return ParseActor(strings.TrimSpace(c.Section("actor")))
}

// ParseActor reads an actor as cases write it.
func ParseActor(text string) (policy.Actor, error) {
	if !strings.HasPrefix(text, "{") {
		return policy.Actor{Role: text}, nil
	}
	var in struct {
		UID, Role, Email, AAL string
		Anonymous             bool
		Claims                json.RawMessage
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return policy.Actor{}, fmt.Errorf("actor: %w", err)
	}
	a := policy.Actor{Role: in.Role, UID: in.UID, Email: in.Email, AAL: in.AAL, Anonymous: in.Anonymous}
	if in.Claims == nil {
		return a, nil
	}
	claims, err := value.CanonicalJSON(in.Claims)
	a.Claims = value.OfJSON(claims)
	return a, err
}

// Question is a request as a case writes it: a request line, then headers.
type Question struct {
	Method   string
	Segments []string
	Query    string
	Header   http.Header
}

// ParseQuestion reads "GET /path?query" and the header lines below it.
func ParseQuestion(text string) (Question, error) {
	line, rest, _ := strings.Cut(text, "\n")
	method, target, ok := strings.Cut(line, " ")
	if !ok {
		return Question{}, fmt.Errorf("request line %q", line)
	}
	path, query, _ := strings.Cut(target, "?")
	q := Question{Method: method, Query: query, Header: http.Header{}}
	q.Segments = strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, h := range strings.Split(rest, "\n") {
		if name, val, ok := strings.Cut(h, ":"); ok {
			q.Header.Add(name, strings.TrimSpace(val))
		}
	}
	return q, nil
}

// lines splits NDJSON.
func lines(data []byte) [][]byte {
	var out [][]byte
	for _, l := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(l)) > 0 {
			out = append(out, l)
		}
	}
	return out
}
