package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

// projects are the overlays, each with the schemas whose fixtures it takes; the first is the default namespace. No case asks for
// the schemas that are not here.
var projects = map[string][]string{
	"test":    {"test"},
	"multi":   {"v1", "v2", `SPECIAL "@/\#~_-`},
	"unicode": {"تست"},
}

// folders are the keys of further namespaces; they are exposed in the order of these.
var folders = map[string]string{"v2": "v2", `SPECIAL "@/\#~_-`: "v_special"}

// projectOf is the project that a case asks. The cases about headers are about schemas of both.
func projectOf(c *testCase, fixtures []fixture) string {
	switch c.Schema {
	case "multi", "unicode":
		return c.Schema
	case "headers":
		for _, schema := range projects["multi"] {
			for _, f := range fixtures {
				if f.Schema == schema && f.Table == c.resource() {
					return "multi"
				}
			}
		}
	}
	return "test"
}

// write makes the project in dir: the overlay, and what the fixtures give for it.
func write(dir, name string, fixtures []fixture) error {
	overlay := filepath.Join("overlay", name)
	if err := os.CopyFS(dir, os.DirFS(overlay)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "seed"), 0o755); err != nil {
		return err
	}
	for i, schema := range projects[name] {
		space := ""
		if i > 0 {
			space = folders[schema]
		}
		for _, f := range fixtures {
			if f.Schema != schema || f.Kind != "table" || len(f.Columns) == 0 || leftOut(f.Table) {
				continue
			}
			if err := f.write(dir, space); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftOut are the tables of domain representations, an area whose cases are not among these.
func leftOut(table string) bool {
	return strings.HasPrefix(table, "datarep_") || table == "evil_friends"
}

// write makes the collection's file, with what the overlay says of it, and the file of its rows.
func (f *fixture) write(dir, space string) error {
	file := filepath.Join(dir, "collections", space, key(f.Table)+".yaml")
	declared, err := overlaid(f.collection(), file)
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(declared)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	if space != "" {
		space += "."
	}
	seed := filepath.Join(dir, "seed", space+key(f.Table)+".ndjson")
	if _, err := os.Stat(seed); err == nil || len(f.Rows) == 0 {
		return nil // the overlay's rows stand for the fixture's
	}
	return os.WriteFile(seed, f.lines(), 0o644)
}

func (f *fixture) lines() []byte {
	var out bytes.Buffer
	for _, row := range f.Rows {
		line, err := json.Marshal(row)
		if err != nil {
			continue // rows came out of JSON
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// overlaid is the declaration with what the file of the overlay adds to it and says instead.
func overlaid(declared yaml.MapSlice, file string) (yaml.MapSlice, error) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return declared, nil
	}
	if err != nil {
		return nil, err
	}
	var over yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &over, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return merged(declared, over), nil
}

// merged puts over's entries into base's, mapping by mapping.
func merged(base, over yaml.MapSlice) yaml.MapSlice {
	out := append(yaml.MapSlice(nil), base...)
next:
	for _, item := range over {
		for i := range out {
			if out[i].Key != item.Key {
				continue
			}
			below, mapping := out[i].Value.(yaml.MapSlice)
			more, too := item.Value.(yaml.MapSlice)
			if out[i].Value = item.Value; mapping && too {
				out[i].Value = merged(below, more)
			}
			continue next
		}
		out = append(out, item)
	}
	return out
}
