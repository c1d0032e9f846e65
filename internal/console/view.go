package console

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
)

// firstRows is how many rows the page shows.
const firstRows = 20

// view is what the template shows.
type view struct {
	Name    string
	Style   template.CSS // the page's own file
	Role    string
	Roles   []link
	Nav     []entry
	Shown   *collection
	Request string
	Answer  *answer
}

type link struct {
	Text, URL string
	Current   bool
}

// entry is a collection in the list.
type entry struct {
	link
	Description string
	Fields      int
	View        bool
	Policies    string // which there are; "" for none
}

// collection is the one that is shown.
type collection struct {
	Title, Description string
	Fields             []field
	Policies           []rule
	Columns            []string
	Rows               [][]cell
	Refused            string // the API's answer, where it gave no rows
	Path               string // of the REST address
	Try                string // where the page asks it
	Curl               string
}

type field struct{ Name, Type, Notes, Policies, Description string }

type rule struct{ Action, Text string }

type cell struct {
	Text string
	Null bool
}

type answer struct {
	Status int
	Text   string
}

func (c *Config) view(r *http.Request) *view {
	q := r.URL.Query()
	v := &view{Name: c.Name, Style: template.CSS(style), Role: policy.Anon, Request: q.Get("q")}
	if q.Get("as") == policy.ServiceRole {
		v.Role = policy.ServiceRole
	}
	for _, role := range []string{policy.Anon, policy.ServiceRole} {
		at := url.Values{"as": {role}}
		for _, kept := range []string{"c", "q"} {
			if q.Get(kept) != "" {
				at.Set(kept, q.Get(kept))
			}
		}
		v.Roles = append(v.Roles, link{role, "/?" + at.Encode(), role == v.Role})
	}
	for _, col := range c.Set.Catalog().Collections {
		if col.Internal {
			continue
		}
		e := listed(col, v.Role)
		if e.Current = e.Text == q.Get("c"); e.Current {
			v.Shown = c.shown(r, col, v.Role)
		}
		v.Nav = append(v.Nav, e)
	}
	if v.Request != "" {
		v.Answer = c.answer(r, v.Role, v.Request)
	}
	return v
}

// title names a collection with its namespace, where that is not the default.
func title(c *schema.Collection) string {
	if c.Namespace == schema.DefaultNamespace {
		return c.Name
	}
	return c.Namespace + "." + c.Name
}

func listed(c *schema.Collection, role string) entry {
	var actions []string
	for _, r := range rules(c) {
		actions = append(actions, r.Action)
	}
	at := url.Values{"c": {title(c)}, "as": {role}}
	return entry{link{Text: title(c), URL: "/?" + at.Encode()}, c.Description, len(c.Fields), c.View != nil, strings.Join(actions, ", ")}
}

func rules(c *schema.Collection) []rule {
	var out []rule
	check := c.Policies.UpdateCheck
	if check.Text == c.Policies.UpdateUsing.Text {
		check = schema.Source{}
	}
	for _, p := range []struct {
		action string
		schema.Source
	}{{"read", c.Policies.Read}, {"create", c.Policies.Create}, {"update", c.Policies.UpdateUsing}, {"update check", check}, {"delete", c.Policies.Delete}} {
		if p.Present() {
			out = append(out, rule{p.action, p.Text})
		}
	}
	return out
}

func (c *Config) shown(r *http.Request, col *schema.Collection, role string) *collection {
	path := "/rest/v1/" + url.PathEscape(col.Name) + "?limit=" + strconv.Itoa(firstRows)
	out := &collection{Title: title(col), Description: col.Description, Policies: rules(col), Path: path}
	for _, f := range col.Fields {
		out.Fields = append(out.Fields, described(f))
	}
	key, profile := "PUBLISHABLE_KEY", ""
	if role == policy.ServiceRole {
		key = "SECRET_KEY"
	}
	if col.Namespace != schema.DefaultNamespace {
		profile = " -H 'Accept-Profile: " + strings.ReplaceAll(c.Set.Catalog().WireName(col.Namespace), "'", `'\''`) + "'"
	} else {
		out.Try = "/?" + url.Values{"c": {title(col)}, "as": {role}, "q": {path}}.Encode()
	}
	out.Curl = "curl 'http://" + r.Host + path + "' -H \"apikey: $" + key + "\"" + profile
	a, err := c.ask(r, role, path, col.Namespace)
	if err != nil || a.Status != http.StatusOK {
		out.Refused = refusedWith(a)
		return out
	}
	out.Columns, out.Rows = table(c.columns(col, role), a.Body)
	return out
}

func refusedWith(a *httpapi.Recorded) string {
	if a == nil {
		return "the request could not be made"
	}
	return strconv.Itoa(a.Status) + " " + string(a.Body)
}

// columns are the names a role gets by default, in declared order.
func (c *Config) columns(col *schema.Collection, role string) []string {
	cv, ok := c.Set.View(policy.Actor{Role: role}).Of(col)
	if !ok {
		return nil
	}
	var out []string
	for _, f := range cv.Star() {
		out = append(out, f.Name)
	}
	return out
}

func described(f *schema.Field) field {
	out := field{Name: f.Name, Type: f.Type.String(), Description: f.Description}
	var notes, policies []string
	if f.Enum != nil {
		out.Type = "enum: " + strings.Join(f.Enum, ", ")
	}
	if f.IsKey() {
		notes = append(notes, "key")
	}
	if f.Required {
		notes = append(notes, "required")
	}
	if f.Ref != nil {
		notes = append(notes, "→ "+title(f.Ref.To))
	}
	if f.Computed != nil {
		notes = append(notes, "computed: "+f.Computed.Expr.Text)
	}
	for _, r := range []struct {
		name string
		rule schema.Rule
	}{{"read", f.Read}, {"write", f.Write}} {
		if r.rule.Never {
			policies = append(policies, r.name+": never")
		} else if r.rule.Source.Present() {
			policies = append(policies, r.name+": "+r.rule.Source.Text)
		}
	}
	out.Notes, out.Policies = strings.Join(notes, ", "), strings.Join(policies, "; ")
	return out
}

// ask sends a read with a role's key.
func (c *Config) ask(r *http.Request, role, target, namespace string) (*httpapi.Recorded, error) {
	h := http.Header{"Apikey": {c.Publishable}, "Accept": {"application/json"}}
	if role == policy.ServiceRole {
		h.Set("Apikey", c.Secret)
	}
	if namespace != "" {
		h.Set("Accept-Profile", c.Set.Catalog().WireName(namespace))
	}
	return httpapi.Ask(r.Context(), c.API, http.MethodGet, target, h, "")
}

// answer runs the request of the form: a read of the data API, nothing else.
func (c *Config) answer(r *http.Request, role, request string) *answer {
	target := strings.TrimPrefix(strings.TrimSpace(request), "GET ")
	target = "/rest/v1/" + strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(target), "/"), "rest/v1/")
	a, err := c.ask(r, role, strings.ReplaceAll(target, " ", "%20"), "")
	if err != nil {
		return &answer{http.StatusBadRequest, "this is not a path and query"}
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, a.Body, "", "  ") != nil {
		return &answer{a.Status, string(a.Body)}
	}
	return &answer{a.Status, pretty.String()}
}

// widest is how many characters of a value the table shows.
const widest = 80

// table lays out a JSON list of objects.
func table(columns []string, body []byte) ([]string, [][]cell) {
	var rows []map[string]json.RawMessage
	if json.Unmarshal(body, &rows) != nil {
		return columns, nil
	}
	var out [][]cell
	for _, row := range rows {
		var cells []cell
		for _, name := range columns {
			cells = append(cells, cellOf(row[name]))
		}
		out = append(out, cells)
	}
	return columns, out
}

func cellOf(raw json.RawMessage) cell {
	if raw == nil || string(raw) == "null" {
		return cell{Null: true}
	}
	text := string(raw)
	var s string
	if json.Unmarshal(raw, &s) == nil {
		text = s
	}
	if runes := []rune(text); len(runes) > widest {
		text = string(runes[:widest]) + "…"
	}
	return cell{Text: text}
}
