package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// fixture is a relation of the database that the cases assume.
type fixture struct {
	Schema      string                       `json:"schema"`
	Table       string                       `json:"table"`
	Kind        string                       `json:"kind"`
	Columns     []column                     `json:"columns"`
	Constraints []constraint                 `json:"constraints"`
	Rows        []map[string]json.RawMessage `json:"rows"`
	Comment     string                       `json:"comment"`
}

type column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	NotNull bool   `json:"not_null"`
	Default string `json:"default"`
	Comment string `json:"comment"`
}

type constraint struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Definition string `json:"definition"`
}

// readFixtures gives the relations, without what the profile has no values for.
func readFixtures() ([]fixture, error) {
	raw, err := os.ReadFile(filepath.Join(judges, "fixtures.json"))
	if err != nil {
		return nil, err
	}
	var out []fixture
	err = json.Unmarshal(raw, &out)
	for i := range out {
		out[i].withoutRanges()
	}
	return out, err
}

// withoutRanges takes the columns away whose type the profile leaves out.
func (f *fixture) withoutRanges() {
	f.Columns = slices.DeleteFunc(f.Columns, func(c column) bool {
		if c.Type == "numrange" {
			for _, row := range f.Rows {
				delete(row, c.Name)
			}
		}
		return c.Type == "numrange"
	})
}

// types says what holds the values of a PostgreSQL type. What is not here is for the overlay to say.
var types = map[string]string{
	"integer": "int", "bigint": "int", "smallint": "int", "text": "text", "character varying": "text", "character(1)": "text", "name": "text",
	"boolean": "bool", "date": "date", "timestamp with time zone": "timestamp", "uuid": "uuid", "json": "json", "jsonb": "json",
	"double precision": "float", "real": "float", "time without time zone": "text",
	"tsvector": "text", "test.complex": "json",
}

// decimals are the types of money and of numbers without a declared scale.
var decimals = map[string]int{"numeric": 0, "money": 2}

// collection is the declaration of a table: fields, keys and constraints under their own names, everything allowed to
// everybody.
func (f *fixture) collection() yaml.MapSlice {
	out := yaml.MapSlice{}
	put := func(key string, v any) { out = append(out, yaml.MapItem{Key: key, Value: v}) }
	if key(f.Table) != f.Table {
		put("name", f.Table)
	}
	if f.Comment != "" {
		put("description", f.Comment)
	}
	fields := yaml.MapSlice{}
	for _, c := range f.Columns {
		fields = append(fields, yaml.MapItem{Key: key(c.Name), Value: c.field()})
	}
	put("fields", fields)
	for k, v := range f.keys() {
		put(k, v)
	}
	put("policies", yaml.MapSlice{{Key: "read", Value: true}, {Key: "create", Value: true}, {Key: "update", Value: true}, {Key: "delete", Value: true}})
	return out
}

func (c *column) field() yaml.MapSlice {
	out := yaml.MapSlice{}
	put := func(key string, v any) { out = append(out, yaml.MapItem{Key: key, Value: v}) }
	if key(c.Name) != c.Name {
		put("name", c.Name)
	}
	base, list := strings.CutSuffix(c.Type, "[]")
	scale, decimal := decimals[base]
	switch {
	case decimal:
		put("type", "decimal")
		put("precision", 18)
		put("scale", scale)
	case types[base] != "":
		put("type", types[base])
	}
	if list {
		put("list", true)
	}
	if strings.HasPrefix(c.Default, "nextval(") {
		put("identity", true)
	} else if v, ok := c.initial(); ok {
		put("default", v)
	}
	if c.NotNull {
		put("required", true)
	}
	if c.Comment != "" {
		put("description", c.Comment)
	}
	return out
}

var literal = regexp.MustCompile(`^'([^']*)'(::.*)?$`)

// initial is the column's default, ok false where it has none that is a value.
func (c *column) initial() (any, bool) {
	if m := literal.FindStringSubmatch(c.Default); m != nil {
		return m[1], true
	}
	if c.Default == "now()" {
		return "now", true
	}
	if c.Default == "true" || c.Default == "false" {
		return c.Default == "true", true
	}
	if n, err := strconv.ParseInt(c.Default, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(c.Default, 64)
	return f, err == nil
}

var (
	columnList = regexp.MustCompile(`\(([^)]*)\)`)
	reference  = regexp.MustCompile(`FOREIGN KEY \(([^)]*)\) REFERENCES (?:[^.(]+\.)?([^(]+)\(([^)]*)\)(.*)$`)
)

func (f *fixture) keys() map[string]any {
	out := map[string]any{"primary_key": "none"}
	references := yaml.MapSlice{}
	var unique []any
	for _, c := range f.Constraints {
		switch c.Type {
		case "p":
			out["primary_key"] = names(columnList.FindStringSubmatch(c.Definition)[1])
		case "u":
			unique = append(unique, yaml.MapSlice{{Key: "columns", Value: names(columnList.FindStringSubmatch(c.Definition)[1])}, {Key: "name", Value: c.Name}})
		case "f":
			references = append(references, yaml.MapItem{Key: c.Name, Value: foreignKey(c.Definition)})
		}
	}
	if len(unique) > 0 {
		out["unique"] = unique
	}
	if len(references) > 0 {
		out["foreign_keys"] = references
	}
	return out
}

func foreignKey(definition string) yaml.MapSlice {
	m := reference.FindStringSubmatch(definition)
	out := yaml.MapSlice{{Key: "columns", Value: names(m[1])}, {Key: "ref", Value: m[2]}, {Key: "to", Value: names(m[3])}}
	if strings.Contains(m[4], "ON DELETE CASCADE") {
		out = append(out, yaml.MapItem{Key: "on_delete", Value: "cascade"})
	}
	return out
}

func names(list string) []string {
	var out []string
	for _, n := range strings.Split(list, ",") {
		out = append(out, key(strings.Trim(strings.TrimSpace(n), `"`)))
	}
	return out
}

var (
	foreign = regexp.MustCompile(`[^a-z0-9_]+`)
	latin   = strings.NewReplacer("موارد", "resources", "هویت", "identity")
)

// key is what a project calls something whose name on the wire is s.
func key(s string) string {
	return foreign.ReplaceAllString(latin.Replace(strings.ToLower(s)), "_")
}
