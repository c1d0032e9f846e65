package migrate_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// model is a project that a generator can change and write as YAML.
type model struct {
	r           *rand.Rand
	collections []*modelCollection
	next        int // of names
	lossy       bool
}

type modelCollection struct {
	key, origin string // origin: the key before the changes, "" where it is new
	fields      []*modelField
	indexes     [][]string
	search      []string
}

type modelField struct {
	key, origin      string
	typ              string
	required, unique bool
	given            string // the default or fill of a field that needs one, as YAML
	gives            string // what that is, as a JSON value
	ref              string
	values           []string          // of an enum
	valueWas         map[string]string // new → old
	list             bool
}

func (m *model) name(prefix string) string {
	m.next++
	return fmt.Sprintf("%s%d", prefix, m.next)
}

var modelTypes = []string{"text", "int", "decimal(8, 2)", "decimal(24, 3)", "bool", "date", "timestamp", "json", "float", "uuid", "enum"}

func (m *model) field() *modelField {
	return &modelField{key: m.name("f"), typ: modelTypes[m.r.IntN(len(modelTypes))], required: m.r.IntN(3) == 0,
		values: []string{"red", "green", "blue"}, list: m.r.IntN(5) == 0}
}

func (m *model) collection() *modelCollection {
	key := &modelField{key: "id", typ: []string{"int", "text", "uuid"}[m.r.IntN(3)], required: true}
	c := &modelCollection{key: m.name("c"), fields: []*modelField{key}}
	for range 2 + m.r.IntN(4) {
		c.fields = append(c.fields, m.field())
	}
	c.fields = append(c.fields, &modelField{key: m.name("f"), typ: "text"})
	if m.r.IntN(2) == 0 {
		c.fields = append(c.fields, &modelField{key: m.name("u"), typ: "int", unique: true})
	}
	if len(m.collections) > 0 && m.r.IntN(3) > 0 {
		c.fields = append(c.fields, &modelField{key: m.name("r"), typ: "ref", ref: m.collections[m.r.IntN(len(m.collections))].key})
	}
	return c
}

// decorate declares indexes and search anew.
func (m *model) decorate(c *modelCollection) {
	c.indexes, c.search = nil, nil
	for _, f := range c.fields[1:] {
		switch {
		case f.typ == "json" || f.list:
		case m.r.IntN(4) == 0:
			c.indexes = append(c.indexes, []string{[]string{"", "-"}[m.r.IntN(2)] + f.key, "id"})
		}
		if f.typ == "text" && !f.list && m.r.IntN(3) == 0 {
			c.search = append(c.search, f.key)
		}
	}
}

// yaml is the project as an archive. With past, fields and collections say what they were.
func (m *model) yaml(past bool) string {
	var b strings.Builder
	for _, c := range m.collections {
		fmt.Fprintf(&b, "-- %s.yaml --\n", c.key)
		if past && c.origin != "" && c.origin != c.key {
			fmt.Fprintf(&b, "was: %s\n", c.origin)
		}
		b.WriteString("fields:\n")
		for _, f := range c.fields {
			fmt.Fprintf(&b, "  %s: { %s }\n", f.key, f.yaml(past))
		}
		if len(c.indexes) > 0 {
			b.WriteString("indexes:\n")
		}
		for _, x := range c.indexes {
			fmt.Fprintf(&b, "  - [%s]\n", strings.Join(x, ", "))
		}
		if len(c.search) > 0 {
			fmt.Fprintf(&b, "search: [%s]\n", strings.Join(c.search, ", "))
		}
		b.WriteString("policies: { read: true }\n")
	}
	return b.String()
}

func (f *modelField) yaml(past bool) string {
	parts := []string{fmt.Sprintf("type: %q", f.typ)}
	switch f.typ {
	case "enum":
		var values []string
		for _, v := range f.values {
			if was := f.valueWas[v]; past && was != "" {
				v = fmt.Sprintf("{ value: %s, was: %s }", v, was)
			}
			values = append(values, v)
		}
		parts[0] = "enum: [" + strings.Join(values, ", ") + "]"
	case "ref":
		parts[0] = "ref: " + f.ref
	}
	if f.list {
		parts = append(parts, "list: true")
	}
	if f.required {
		parts = append(parts, "required: true")
	}
	if f.unique {
		parts = append(parts, "unique: true")
	}
	if past && f.origin != "" && f.origin != f.key {
		parts = append(parts, "was: "+f.origin)
	}
	if past && f.given != "" {
		parts = append(parts, strings.Replace(f.given, "$", f.key, 1))
	}
	return strings.Join(parts, ", ")
}

// change does one random change.
func (m *model) change() {
	c := m.collections[m.r.IntN(len(m.collections))]
	f := c.fields[m.r.IntN(len(c.fields))]
	switch m.r.IntN(15) {
	case 0:
		m.collections = append(m.collections, m.collection())
	case 1:
		m.drop(c)
	case 2:
		m.rename(c)
	case 3:
		n := m.field()
		n.typ, n.given, n.gives, n.list = "int", "default: 7", "7", false
		c.fields = append(c.fields, n)
	case 4:
		n := &modelField{key: m.name("f"), typ: "text", required: true, given: `fill: "'made'"`, gives: `"made"`}
		c.fields = slices.Insert(c.fields, 1+m.r.IntN(len(c.fields)-1), n)
	case 5:
		n := m.field()
		n.required = false
		c.fields = append(c.fields, n)
	case 6:
		if f.key != "id" && len(c.fields) > 3 {
			c.fields = slices.DeleteFunc(c.fields, func(x *modelField) bool { return x == f })
			m.lossy = true
		}
	case 7, 8:
		if f.key != "id" {
			f.key = m.name("n")
		}
	case 9:
		m.retype(f)
	case 10:
		m.require(f)
	case 12:
		f.unique = f.unique != strings.HasPrefix(f.origin, "u") && f.typ == "int"
	case 13:
		if f.typ == "enum" && f.origin != "" {
			i := m.r.IntN(len(f.values))
			now, was := m.name("value"), f.values[i]
			if f.valueWas == nil {
				f.valueWas = map[string]string{}
			}
			if old := f.valueWas[was]; old != "" {
				delete(f.valueWas, was)
				was = old
			}
			f.values = slices.Clone(f.values)
			f.values[i], f.valueWas[now] = now, was
		}
	case 14:
		if f.typ == "text" && !f.list && f.origin != "" && f.key != "id" && f.given == "" && !f.required && !f.unique {
			f.typ, f.given = "int", `fill: "size(row.$)"`
		}
	case 11:
		if f.typ == "ref" && f.origin != "" {
			f.typ, f.ref = "text", ""
			m.lossy = true
		}
	}
	for _, c := range m.collections {
		if m.r.IntN(3) == 0 {
			m.decorate(c)
		} else {
			c.forget()
		}
	}
}

// forget drops indexes and search over fields that are gone or called otherwise.
func (c *modelCollection) forget() {
	usable := func(key, typ string) bool {
		return slices.ContainsFunc(c.fields, func(f *modelField) bool {
			return f.key == strings.TrimPrefix(key, "-") && f.typ != "json" && !f.list && (typ == "" || f.typ == typ)
		})
	}
	c.indexes = slices.DeleteFunc(slices.Clone(c.indexes), func(x []string) bool { return !usable(x[0], "") })
	c.search = slices.DeleteFunc(slices.Clone(c.search), func(k string) bool { return !usable(k, "text") })
}

func (m *model) drop(c *modelCollection) {
	for _, other := range m.collections {
		for _, f := range other.fields {
			if f.ref == c.key && other != c {
				return
			}
		}
	}
	if len(m.collections) > 1 {
		m.collections = slices.DeleteFunc(m.collections, func(x *modelCollection) bool { return x == c })
		m.lossy = true
	}
}

func (m *model) rename(c *modelCollection) {
	old := c.key
	c.key = m.name("k")
	for _, other := range m.collections {
		for _, f := range other.fields {
			if f.ref == old {
				f.ref = c.key
			}
		}
	}
}

func (m *model) retype(f *modelField) {
	if f.ref != "" || f.given != "" || f.list {
		return
	}
	to := map[string][]string{"int": {"text", "decimal(24, 3)"}, "decimal(8, 2)": {"decimal(24, 3)", "text"}, "date": {"timestamp", "text"},
		"bool": {"text"}, "timestamp": {"text"}, "float": {"text"}, "uuid": {"text"}}[f.typ]
	if to != nil && (f.key != "id" || f.typ != "int") && !(f.key == "id" && to[0] != "text") {
		f.typ = to[m.r.IntN(len(to))]
	}
}

func (m *model) require(f *modelField) {
	switch {
	case f.key == "id" || f.ref != "" || f.unique:
	case f.required:
		f.required = f.given != ""
	case f.typ == "text" && f.given == "" && !f.list:
		f.required, f.given, f.gives = true, "default: none", `"none"`
	}
}

// settled makes the model as it is what the next changes start from.
func (m *model) settled() {
	for _, c := range m.collections {
		c.origin = c.key
		for _, f := range c.fields {
			f.origin, f.given, f.gives, f.valueWas = f.key, "", "", nil
		}
	}
	m.lossy = false
}

// rowsFor makes rows that fit a collection; ids count from 1.
func (m *model) rowsFor(c *schema.Collection) []plan.Tuple {
	var out []plan.Tuple
	for i := 1; i <= 12; i++ {
		var row plan.Tuple
		for _, f := range sqlgen.StoredFields(c) {
			n := i
			if f.Ref != nil {
				n = 1 + m.r.IntN(12)
			}
			unique := f.IsKey() || slices.ContainsFunc(c.Unique, func(k *schema.Key) bool { return k.Fields[0] == f })
			if !unique && f.Ref == nil {
				n = m.r.IntN(1000)
			}
			if f.Nullable() && m.r.IntN(4) == 0 {
				row = append(row, value.Value{})
			} else {
				row = append(row, sample(f, n))
			}
		}
		out = append(out, row)
	}
	return out
}

func sample(f *schema.Field, n int) value.Value {
	if !f.Type.List {
		return scalar(f, n)
	}
	var elements []value.Value
	for i := range n % 4 {
		elements = append(elements, scalar(f, n+i))
	}
	list, err := value.ListOf(f.Type, elements)
	if err != nil {
		return value.Value{}
	}
	return list
}

func scalar(f *schema.Field, n int) value.Value {
	switch f.Type.Kind {
	case value.Int:
		return value.OfInt(int64(n))
	case value.Float:
		return value.OfFloat(float64(n) / 8)
	case value.Decimal:
		return value.OfDecimal(value.NewDec(int64(n)*5, int32(f.Type.Scale)))
	case value.Bool:
		return value.OfBool(n%2 == 0)
	case value.UUID:
		return value.OfUUID(fmt.Sprintf("00000000-0000-7000-8000-%012d", n))
	case value.Timestamp:
		return value.OfTimestamp(int64(n) * 1_000_003)
	case value.Date:
		return value.OfDate(int64(n))
	case value.JSON:
		return value.OfJSON(fmt.Sprintf(`{"a":%d}`, n))
	}
	if f.Enum != nil {
		return value.OfText(f.Enum[n%len(f.Enum)])
	}
	return value.OfText(fmt.Sprintf("word %d", n))
}

// expected is what a change should leave, computed from the rows before it: by the origins the generator knows of.
func (m *model) expected(t *testing.T, before, after *schema.Catalog, rows map[string][]plan.Tuple) string {
	t.Helper()
	var lines []string
	for _, mc := range m.collections {
		if mc.origin == "" {
			continue
		}
		old, now := schematest.Collection(t, before, mc.origin), schematest.Collection(t, after, mc.key)
		for _, row := range rows[mc.origin] {
			var made plan.Tuple
			for i, f := range sqlgen.StoredFields(now) {
				made = append(made, mc.fields[i].expected(t, f, old, row))
			}
			lines = append(lines, mc.key+" "+jsonLine(now, append(made, value.OfInt(7))))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (f *modelField) expected(t *testing.T, now *schema.Field, old *schema.Collection, row plan.Tuple) value.Value {
	t.Helper()
	var v value.Value
	if was, ok := old.FieldByKey(f.origin); ok && f.origin != "" {
		if v = row[was.Ordinal]; strings.HasPrefix(f.given, `fill: "size`) {
			return size(v)
		}
		var err error
		if v, err = value.Cast(v, was.Type, now.Type); err != nil {
			t.Fatal(err)
		}
		v = f.renamed(t, now.Type, v)
	}
	if v.IsNull() && f.gives != "" {
		v, _ = value.FromJSON(now.Type, []byte(f.gives))
	}
	return v
}

func size(v value.Value) value.Value {
	if v.IsNull() {
		return v
	}
	return value.OfInt(value.Length(v))
}

// renamed is an enum's value under its new name.
func (f *modelField) renamed(t *testing.T, typ value.Type, v value.Value) value.Value {
	t.Helper()
	if v.IsNull() || f.typ != "enum" {
		return v
	}
	elements := []value.Value{v}
	if typ.List {
		elements = value.Elements(v)
	}
	for i, e := range elements {
		for now, was := range f.valueWas {
			if was == e.Str() {
				elements[i] = value.OfText(now)
			}
		}
	}
	if !typ.List {
		return elements[0]
	}
	list, err := value.ListOf(typ, elements)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// evolve makes a project with rows and changes it n times; after each the rows are those expected and the schema is a fresh
// one's.
func evolve(t *testing.T, seed uint64, rounds int, openStore func(*testing.T) store.Store, everywhere bool) {
	m := &model{r: rand.New(rand.NewPCG(seed, 1))}
	for range 2 + m.r.IntN(2) {
		m.collections = append(m.collections, m.collection())
		m.decorate(m.collections[len(m.collections)-1])
	}
	st := openStore(t)
	before := schematest.MustRead(t, m.yaml(false))
	must(t, st, before)
	for _, c := range before.Tables() {
		if !c.Internal {
			write(t, st, c, m.rowsFor(c))
		}
	}
	for range rounds {
		old := m.yaml(false)
		m.settled()
		for range 1 + m.r.IntN(5) {
			m.change()
		}
		after := schematest.MustRead(t, m.yaml(true))
		told := fmt.Sprintf("seed %d\n%s\nbecame\n%s", seed, old, m.yaml(true))
		rows := map[string][]plan.Tuple{}
		for _, c := range before.Collections {
			rows[c.Key] = plain(t, st, c)
		}
		want := m.expected(t, before, after, rows)
		held := dump(t, st, before)
		o := migrate.Options{Keys: "keys", Destructive: m.lossy}
		var err error
		if everywhere {
			err = killedEverywhere(t, st, after, o, func() {
				if dump(t, st, before) != held {
					t.Fatalf("a killed change left something\n%s", told)
				}
			})
		} else {
			_, err = migrate.Carry(context.Background(), st, after, o)
		}
		if err != nil {
			t.Fatalf("%v: %v\n%s", err, cause(err), told)
		}
		if got := strings.Join(userLines(dump(t, st, after)), "\n"); got != want {
			t.Fatalf("rows are\n%s\nand not\n%s\n%s", got, want, told)
		}
		likeFresh(t, openStore, st, after)
		if t.Failed() {
			t.Fatal(told)
		}
		before = schematest.MustRead(t, m.yaml(false))
	}
}

// plain are a collection's rows without the version.
func plain(t *testing.T, st store.Store, c *schema.Collection) []plan.Tuple {
	t.Helper()
	snap, err := st.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	rows := rowsOf(t, st, snap, c)
	for i := range rows {
		rows[i] = rows[i][:len(rows[i])-1]
	}
	return rows
}

// userLines are a dump's lines, sorted.
func userLines(dump string) []string {
	lines := strings.Split(strings.TrimSpace(dump), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" || strings.HasPrefix(l, "auth.users ") })
	slices.Sort(lines)
	return lines
}

func TestGeneratedChangesKeepEveryRow(t *testing.T) {
	t.Parallel()
	n := 16
	if testing.Short() {
		n = 8
	}
	for seed := range n {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			evolve(t, uint64(seed), 4, engines[0].open, seed%4 == 0)
		})
	}
}

func TestGeneratedChangesKeepEveryRowOnPostgres(t *testing.T) {
	t.Parallel()
	for seed := range 4 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			evolve(t, uint64(1000+seed), 3, engines[1].open, false)
		})
	}
}
