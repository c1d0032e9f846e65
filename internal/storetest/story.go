package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/socle-hq/socle/internal/policy"
)

// Story is a case of writes: a txtar archive whose comment says why it exists. Sections `project`, `collections/…` and `rows/…`
// make the project, as in a Case. Each `ask` is a request, whose first line says who asks; the `answer` after it is what comes
// back, and `changes`, where there are some, what became of the database.
type Story struct {
	path    string
	archive *txtar.Archive
}

// Step is one request of a story with what is expected of it.
type Step struct {
	Actor           policy.Actor
	Request         string
	Answer, Changes string
}

// ReadStory reads a story file.
func ReadStory(path string) (*Story, error) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	return &Story{path: path, archive: a}, nil
}

// Project is the story's project folder.
func (s *Story) Project() (fstest.MapFS, error) { return (&Case{archive: s.archive}).Project() }

// Steps are the story's requests in order.
func (s *Story) Steps() ([]Step, error) {
	var out []Step
	for _, f := range s.archive.Files {
		switch {
		case f.Name == "ask":
			who, request, _ := strings.Cut(string(f.Data), "\n")
			a, err := named(strings.TrimPrefix(who, "as "))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.path, err)
			}
			out = append(out, Step{Actor: a, Request: request})
		case len(out) == 0:
		case f.Name == "answer":
			out[len(out)-1].Answer = string(f.Data)
		case f.Name == "changes":
			out[len(out)-1].Changes = string(f.Data)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s asks nothing", s.path)
	}
	return out, nil
}

// Save writes the story with other expectations.
func (s *Story) Save(steps []Step) error {
	var files []txtar.File
	n := 0
	for _, f := range s.archive.Files {
		switch f.Name {
		case "answer", "changes":
			continue
		}
		files = append(files, f)
		if f.Name != "ask" {
			continue
		}
		files = append(files, txtar.File{Name: "answer", Data: []byte(steps[n].Answer)})
		if steps[n].Changes != "" {
			files = append(files, txtar.File{Name: "changes", Data: []byte(steps[n].Changes)})
		}
		n++
	}
	return os.WriteFile(s.path, txtar.Format(&txtar.Archive{Comment: s.archive.Comment, Files: files}), 0o644)
}

// The people of the stories.
var (
	ann  = policy.Actor{Role: policy.Authenticated, UID: "00000000-0000-7000-8000-000000000001"}
	ben  = policy.Actor{Role: policy.Authenticated, UID: "00000000-0000-7000-8000-000000000002"}
	cleo = policy.Actor{Role: policy.Authenticated, UID: "00000000-0000-7000-8000-000000000003"}
	dan  = policy.Actor{Role: policy.Authenticated, UID: "00000000-0000-7000-8000-000000000004"} // belongs nowhere
)

func named(who string) (policy.Actor, error) {
	switch who {
	case "ann":
		return ann, nil
	case "ben":
		return ben, nil
	case "cleo":
		return cleo, nil
	case "dan":
		return dan, nil
	case "anon", "service_role":
		return policy.Actor{Role: who}, nil
	}
	return policy.Actor{}, fmt.Errorf("nobody is called %q", who)
}

func storyPaths() ([]string, error) { return filepath.Glob("testdata/writes/*.txtar") }
