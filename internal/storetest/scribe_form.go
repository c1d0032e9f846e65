package storetest

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// unquoted is a JSON value as a filter or a form writes it.
func unquoted(cell string) string {
	v, err := value.CanonicalJSON([]byte(cell))
	if err == nil && strings.HasPrefix(v, `"`) {
		if t, err := value.FromJSON(aText, []byte(v)); err == nil {
			return t.Str()
		}
	}
	return cell
}

// spelled writes a draft as a request.
func (s *scribe) spelled(d *draft) string {
	text := d.method + " " + d.path
	if len(d.prefer) > 0 {
		text += "\nPrefer: " + strings.Join(d.prefer, ", ")
	}
	body := ""
	if d.method != "DELETE" {
		var media string
		media, body = s.form(d)
		text += "\nContent-Type: " + media
	}
	for _, h := range d.headers {
		text += "\n" + h
	}
	return text + "\n\n" + body
}

// form draws the media type of a body that can be written in it.
func (s *scribe) form(d *draft) (media, body string) {
	switch {
	case d.method == "POST" && len(d.rows) > 0 && len(d.columns) > 0 && s.chance(8):
		return "text/csv", csvOf(d)
	case len(d.rows) > 0 && s.chance(12):
		return "application/x-ndjson", strings.Join(objects(d), "\n")
	case len(d.rows) == 1 && s.chance(16):
		return "application/x-www-form-urlencoded", formOf(d)
	case s.chance(80):
		return "application/json", pick(s.Rand, []string{"", "{", "[{}", "[1]", `"x"`, `{"a":1,"a":2}`, `[{"id":1},{"text":"x"}]`})
	}
	return "application/json", jsonOf(d)
}

func objects(d *draft) []string {
	var out []string
	for _, row := range d.rows {
		var members []string
		for i, c := range d.columns {
			members = append(members, fmt.Sprintf("%q:%s", c, row[i]))
		}
		out = append(out, "{"+strings.Join(members, ",")+"}")
	}
	return out
}

func jsonOf(d *draft) string {
	text := strings.Join(objects(d), ",")
	if d.bare {
		return text
	}
	return "[" + text + "]"
}

func csvOf(d *draft) string {
	out := strings.Join(d.columns, ",")
	for _, row := range d.rows {
		var cells []string
		for _, v := range row {
			if v == "null" {
				cells = append(cells, "NULL")
				continue
			}
			cells = append(cells, `"`+strings.ReplaceAll(unquoted(v), `"`, `""`)+`"`)
		}
		out += "\n" + strings.Join(cells, ",")
	}
	return out
}

func formOf(d *draft) string {
	var pairs []string
	for i, c := range d.columns {
		pairs = append(pairs, url.QueryEscape(c)+"="+url.QueryEscape(unquoted(d.rows[0][i])))
	}
	return strings.Join(pairs, "&")
}

// transaction draws a list of writes, of which later ones may refer to what earlier ones made.
func (s *scribe) transaction() string {
	var steps []string
	for n := range 1 + s.IntN(3) {
		d := s.draft()
		if n > 0 && len(d.rows) > 0 && len(d.columns) > 0 && s.chance(2) {
			d.rows[0][s.IntN(len(d.columns))] = fmt.Sprintf(`{"$ref":"%d.%d.%s"}`, s.IntN(n), s.IntN(2), pick(s.Rand, []string{"id", "id", "team_id"}))
		}
		step := fmt.Sprintf(`{"method":%q,"path":%s`, d.method, show(aText, value.OfText(d.path)))
		if len(d.prefer) > 0 {
			step += fmt.Sprintf(`,"prefer":%q`, strings.Join(d.prefer, ", "))
		}
		if d.method != "DELETE" {
			step += `,"body":` + jsonOf(d)
		}
		steps = append(steps, step+"}")
	}
	head := "POST /rpc/transaction"
	if s.chance(8) && s.actor.UID != "" {
		head += fmt.Sprintf("\nIdempotency-Key: t%d", s.IntN(3))
	}
	return head + "\n\n[" + strings.Join(steps, ",") + "]"
}
