package storetest

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// scribe draws writes as clients send them: mostly right, often wrong, in every form of body and with every preference.
type scribe struct {
	asker
	catalog *schema.Catalog
	actor   policy.Actor
	fresh   bool // keys are always given, and mostly new
}

func newScribe(r *rand.Rand, c *schema.Catalog, a policy.Actor) *scribe {
	return &scribe{asker: asker{Rand: r}, catalog: c, actor: a}
}

// written are the collections of the studio by how often they are written to.
var writtenTo = strings.Fields("tasks tasks tasks tasks tasks tasks tasks tasks tasks tasks comments comments comments comments comments comments members members members members " +
	"teams teams teams teams bills bills drops drops drops drops kinds kinds kinds kinds lines lines lines rules vault totals")

// draft is a write before it becomes a request.
type draft struct {
	method, path string
	prefer       []string
	headers      []string
	columns      []string
	rows         [][]string // JSON texts
	bare         bool       // one object, not an array
}

// Request draws a request: what Site.Ask sends.
func (s *scribe) Request() string {
	if s.chance(14) {
		return s.transaction()
	}
	d := s.draft()
	if s.chance(12) && s.actor.UID != "" {
		d.headers = append(d.headers, fmt.Sprintf("Idempotency-Key: k%d", s.IntN(9)))
	}
	if s.chance(10) {
		d.headers = append(d.headers, "Accept: "+pick(s.Rand, []string{"text/csv", "application/vnd.pgrst.object+json", "application/x-ndjson"}))
	}
	return s.spelled(d)
}

// draft draws what is written where.
func (s *scribe) draft() *draft {
	s.params, s.grouped = nil, false
	d := &draft{}
	c := s.somewhere(d)
	switch s.IntN(12) {
	case 0, 1, 2, 3:
		d.method = "POST"
		s.body(d, c, 1+s.IntN(3), 6)
	case 4, 5:
		d.method = "POST"
		s.body(d, c, 1+s.IntN(3), 6)
		s.resolve(d, c)
	case 6, 7, 8:
		d.method = "PATCH"
		s.body(d, c, 1, 2)
		s.targets(c)
	case 9, 10:
		d.method = "DELETE"
		s.targets(c)
	case 11:
		d.method = "PUT"
		s.body(d, c, 1, 8)
		s.address(d, c)
	}
	s.preferences(d)
	if returned := slices.Contains(d.prefer, "return=representation"); returned && s.chance(3) || !returned && s.chance(9) {
		s.params = append([]string{"select=" + url.QueryEscape(s.selection(c, "", 1))}, s.params...)
	}
	if d.method != "DELETE" && s.chance(5) {
		s.param("columns", strings.Join(d.columns, ","))
	}
	d.path = "/" + url.PathEscape(c.Name)
	if len(s.params) > 0 {
		d.path += "?" + strings.Join(s.params, "&")
	}
	return d
}

func (s *scribe) preferences(d *draft) {
	if !s.chance(3) {
		d.prefer = append(d.prefer, pick(s.Rand, []string{"return=representation", "return=representation", "return=minimal", "return=headers-only"}))
	}
	for _, p := range []struct {
		often int
		text  string
	}{{4, "count=exact"}, {2, "missing=default"}, {10, "tx=rollback"}, {12, fmt.Sprintf("handling=strict, max-affected=%d", s.IntN(4))}, {40, "timezone=Asia/Kolkata"}} {
		if s.chance(p.often) {
			d.prefer = append(d.prefer, p.text)
		}
	}
}

// resolve makes an insert an upsert.
func (s *scribe) resolve(d *draft, c *schema.Collection) {
	d.prefer = append(d.prefer, "resolution="+pick(s.Rand, []string{"merge-duplicates", "merge-duplicates", "ignore-duplicates"}))
	keys := []string{""}
	for _, k := range c.Unique {
		var names []string
		for _, f := range k.Fields {
			names = append(names, f.Name)
		}
		keys = append(keys, strings.Join(names, ","))
	}
	if s.chance(20) {
		keys = []string{"nosuch", "text"}
	}
	if key := pick(s.Rand, keys); key != "" {
		s.param("on_conflict", key)
	}
}

// targets draws which rows a PATCH or a DELETE is about.
func (s *scribe) targets(c *schema.Collection) {
	if s.wild && len(c.PrimaryKey) > 0 && s.chance(2) {
		for _, f := range c.PrimaryKey {
			s.param(f.Name, "eq."+s.known(f))
		}
		return
	}
	switch s.IntN(10) {
	case 0, 1, 2, 3, 4:
		f := c.Fields[0]
		s.param(f.Name, pick(s.Rand, []string{"eq.", "eq.", "gte."})+unquoted(s.cell(f)))
	case 5:
		s.param(c.Fields[0].Name, fmt.Sprintf("lte.%d", 1+s.IntN(8)))
	case 6:
		s.filter(c, "")
	case 7, 8:
		s.filter(c, "")
		s.param(c.Fields[0].Name, "not.is.null")
	}
}

// address draws the filters of a PUT: mostly those of the body's key.
func (s *scribe) address(d *draft, c *schema.Collection) {
	for _, f := range c.PrimaryKey {
		i := slices.Index(d.columns, f.Name)
		if i >= 0 && len(d.rows) > 0 && !s.chance(20) {
			s.param(f.Name, "eq."+unquoted(d.rows[0][i]))
		}
	}
}

// body draws n rows; of the fields that need not be there one in leave is left out.
func (s *scribe) body(d *draft, c *schema.Collection, n, leave int) {
	var of []*schema.Field
	for _, f := range c.Fields {
		if f.Computed == nil && s.gives(d, c, f, leave) {
			of, d.columns = append(of, f), append(d.columns, f.Name)
		}
	}
	if s.chance(60) {
		n = 0
	}
	for range n {
		var row []string
		for _, f := range of {
			row = append(row, s.cell(f))
		}
		d.rows = append(d.rows, row)
	}
	d.bare = n == 1 && (d.method == "PATCH" || d.method == "PUT" || s.chance(2))
}

func (s *scribe) gives(d *draft, c *schema.Collection, f *schema.Field, leave int) bool {
	switch {
	case s.wild && !f.Write.Never && !f.IsKey() && !f.Identity && !f.Required:
		return s.chance(2)
	case f.Write.Never, c.Key == "comments" && f.Key == "author":
		return s.chance(60)
	case c.Key == "teams" && (f.Key == "open" || f.Key == "secret"):
		return s.chance(20)
	case f.IsKey() && d.method == "PATCH":
		return s.chance(25)
	case s.fresh && (f.IsKey() || f.Identity):
		return true
	case f.Identity:
		return s.chance(3)
	case f.IsKey() || f.Required && d.method != "PATCH":
		return !s.chance(40)
	case c.Key == "kinds" || leave <= 2:
		return s.chance(4)
	}
	return s.chance(2)
}

// cell draws a value of a field as JSON writes it.
func (s *scribe) cell(f *schema.Field) string {
	switch {
	case s.wild && !s.chance(80):
		return s.anyCell(f)
	case s.chance(250):
		return pick(s.Rand, []string{"null", `"nonsense"`, "-1", "true", `[]`, `{}`, "1.5"})
	case f.Ref != nil:
		return s.reference(f)
	case f.IsKey() && f.Type.Kind == value.Int:
		return s.number()
	case f.Type.Kind == value.UUID:
		return s.person(f)
	case f.Enum != nil:
		return `"` + pick(s.Rand, f.Enum) + `"`
	case f.Required && f.Type.Kind == value.Text && f.Collection.Key != "comments":
		return s.title()
	case f.Collection.Key == "kinds" || f.Type.List || f.Type.Kind != value.Int && f.Type.Kind != value.Decimal && f.Type.Kind != value.Text:
		return show(f.Type, sample(s.Rand, f.Type))
	case f.Type.Kind == value.Text:
		return pick(s.Rand, []string{`"a"`, `"b c"`, `"é"`, `"fixed"`, `""`, `"the blue door"`, "null"})
	case f.Type.Kind == value.Decimal:
		return pick(s.Rand, []string{"0", "1.005", "99.995", "12", `"7.25"`, "3.14", "9999.994", "12345.67", "null"})
	}
	return pick(s.Rand, []string{"0", "1", "1", "2", "3", "3", "50", "60", "70", "80", "90", "100", "101"})
}

func (s *scribe) number() string {
	if s.fresh {
		return fmt.Sprint(1000 + s.IntN(500))
	}
	return fmt.Sprint(1 + s.IntN(12))
}

func (s *scribe) reference(f *schema.Field) string {
	switch {
	case s.chance(20):
		return "99"
	case f.Nullable() && s.chance(2):
		return "null"
	}
	if f.Ref.To.Key == "teams" {
		return fmt.Sprint(1 + s.IntN(3))
	}
	return fmt.Sprint(1 + s.IntN(7))
}

func (s *scribe) person(f *schema.Field) string {
	who := []string{ann.UID, ben.UID, cleo.UID}
	if s.actor.UID != "" && !s.chance(5) {
		who = []string{s.actor.UID}
	}
	if f.Collection.Key == "members" {
		who = append(who, dan.UID, ben.UID)
	}
	return `"` + pick(s.Rand, who) + `"`
}

func (s *scribe) title() string {
	if s.fresh {
		return fmt.Sprintf(`"t%d"`, s.IntN(1_000_000))
	}
	return pick(s.Rand, []string{`"Paint"`, `"Sand"`, `"Blue"`, `"Plot"`, `"a"`, `"b"`, `"c"`, `"d"`, `"e"`, `"f"`, `"g"`, `"h"`, `"i"`, `"j"`, `"k"`, `"no!"`, `""`, `"longer than is allowed anywhere here"`})
}
