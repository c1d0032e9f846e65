package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// judges is the folder with the cases and the fixtures, seen from this package.
const judges = "../../../shared/conformance/postgrest"

// testCase is one request and what it must be answered with.
type testCase struct {
	ID            int            `yaml:"id"`
	Feature       string         `yaml:"feature"`
	Request       request        `yaml:"request"`
	Schema        string         `yaml:"schema"`
	Preconditions []string       `yaml:"preconditions"`
	Config        map[string]any `yaml:"config"`
	Expect        expectation    `yaml:"expect"`
	Notes         string         `yaml:"notes"`
	Source        string         `yaml:"source"`

	name string // the file's, without its extension
}

type request struct {
	Method   string            `yaml:"method"`
	Path     string            `yaml:"path"`
	Headers  map[string]string `yaml:"headers"`
	Body     any               `yaml:"body"`
	BodyJSON any               `yaml:"body_json"`
	BodyRaw  *string           `yaml:"body_raw"`
	JWT      *struct {
		Payload map[string]any `yaml:"payload"`
		Sign    string         `yaml:"sign_with"`
	} `yaml:"jwt"`
}

type expectation struct {
	Status     int               `yaml:"status"`
	StatusText string            `yaml:"status_text"`
	Headers    map[string]string `yaml:"headers"`
	Absent     []string          `yaml:"headers_absent"`
	NoBlank    bool              `yaml:"headers_no_blank"`
	Contains   *string           `yaml:"body_contains"`
	Raw        *string           `yaml:"body_raw"`
	Paths      []jsonPath        `yaml:"body_jsonpath"`

	exact []byte // JSON; nil where the case does not say
}

// jsonPath is an assertion on one place of the body.
type jsonPath struct {
	Path    string `yaml:"path"`
	Absent  bool   `yaml:"absent"`
	Present bool   `yaml:"present"`
	Exists  bool   `yaml:"exists"`
	Equals  any    `yaml:"equals"`
}

// area is the first part of what a case is about.
func (c *testCase) area() string {
	area, _, _ := strings.Cut(c.Feature, "/")
	return area
}

// resource is the path's first segment.
func (c *testCase) resource() string {
	path, _, _ := strings.Cut(c.Request.Path, "?")
	return strings.Trim(path, "/")
}

// writes reports whether the case may change what the database holds. The functions that cases call by POST only read.
func (c *testCase) writes() bool {
	return !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, c.Request.Method) && !strings.HasPrefix(c.Request.Path, "/rpc/")
}

// unordered reports whether the request leaves the order of rows open.
func (c *testCase) unordered() bool {
	return !c.writes() && !strings.Contains(c.Request.Path, "order=")
}

// body is the request's body as it goes over the wire.
func (r *request) body() ([]byte, error) {
	switch body := r.Body.(type) {
	case string:
		return []byte(body), nil
	case nil:
		if r.BodyRaw != nil {
			return []byte(*r.BodyRaw), nil
		}
		if r.BodyJSON == nil {
			return nil, nil
		}
		return json.Marshal(r.BodyJSON)
	}
	return json.Marshal(r.Body)
}

// readCases reads every case, in order of their numbers. The test is skipped where there are none.
func readCases(t testing.TB) []*testCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(judges, "cases", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("kept elsewhere: no conformance cases at %s", strings.TrimLeft(judges, "./"))
	}
	var out []*testCase
	for _, file := range files {
		c, err := readCase(file)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(file), err)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *testCase) int { return a.ID - b.ID })
	return out
}

func readCase(file string) (*testCase, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &testCase{name: strings.TrimSuffix(filepath.Base(file), ".yaml")}
	if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(c); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(c.name, fmt.Sprint(c.ID)+"_") {
		return nil, fmt.Errorf("the number is %d", c.ID)
	}
	return c, c.expectExact(raw)
}

// expectExact keeps whether body_exact is there: null is an expectation too.
func (c *testCase) expectExact(raw []byte) error {
	var members struct {
		Expect map[string]any `yaml:"expect"`
	}
	if err := yaml.Unmarshal(raw, &members); err != nil {
		return err
	}
	exact, ok := members.Expect["body_exact"]
	if !ok {
		return nil
	}
	var err error
	c.Expect.exact, err = json.Marshal(exact)
	return err
}
