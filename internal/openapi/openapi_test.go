package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"

	"github.com/socle-hq/socle/internal/openapi"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
)

func TestEveryRolesDocumentIsValid(t *testing.T) {
	t.Parallel()
	for name, dir := range projects(t) {
		p := read(t, dir)
		for _, role := range roles {
			for _, namespace := range p.Set.Catalog().Namespaces {
				t.Run(name+"/"+role+"/"+namespace, func(t *testing.T) {
					doc := load(t, document(p, role, namespace))
					if doc.Paths.Len() == 0 || doc.Info.Version != p.Set.Catalog().Version || doc.Info.Title != p.Config.Name {
						t.Errorf("%d paths, %+v", doc.Paths.Len(), doc.Info)
					}
				})
			}
		}
	}
}

func TestTheSameProjectGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, dir := range projects(t) {
		one, other := read(t, dir), read(t, dir)
		for _, role := range roles {
			if !bytes.Equal(document(one, role, "public"), document(other, role, "public")) {
				t.Errorf("%s: two documents of %s differ", dir, role)
			}
		}
	}
}

// What a document shows is what its view shows: the same fields, and operations where a policy may allow something.
func TestADocumentShowsWhatItsViewShows(t *testing.T) {
	t.Parallel()
	for name, dir := range projects(t) {
		p := read(t, dir)
		for _, role := range roles {
			view := p.Set.Reach(role)
			for _, namespace := range p.Set.Catalog().Namespaces {
				doc := load(t, document(p, role, namespace))
				for _, c := range p.Set.Catalog().Collections {
					if c.Namespace == namespace && !c.Internal {
						compare(t, name+" "+role, doc, view, c, p.Set.May(role, c))
					}
				}
			}
		}
	}
}

func compare(t *testing.T, who string, doc *openapi3.T, view *schema.View, c *schema.Collection, may policy.Actions) {
	t.Helper()
	item := itemOf(doc, c.Name)
	cv, ok := view.Of(c)
	if !ok || may == (policy.Actions{}) {
		if item != nil {
			t.Errorf("%s: %s is shown", who, c.Key)
		}
		return
	}
	id := strings.TrimPrefix(anyOperation(item).OperationID, "read_")
	id = strings.TrimPrefix(id, "create_")
	for kind, shown := range map[string]func(*schema.Field) bool{
		"Row":    func(f *schema.Field) bool { return may.Read && cv.CanRead(f) },
		"Insert": func(f *schema.Field) bool { return may.Create && cv.CanWrite(f) },
		"Update": func(f *schema.Field) bool { return may.Update && cv.CanWrite(f) && !f.IsKey() },
	} {
		var want []string
		for _, f := range c.Fields {
			if shown(f) {
				want = append(want, f.Name)
			}
		}
		var got []string
		if s := doc.Components.Schemas[id+"."+kind]; s != nil {
			got = slices.Collect(maps.Keys(s.Value.Properties))
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %s.%s has %q, the view %q", who, c.Key, kind, got, want)
		}
	}
	changes := slices.ContainsFunc(c.Fields, func(f *schema.Field) bool { return cv.CanWrite(f) && !f.IsKey() })
	for method, want := range map[string]bool{"GET": may.Read, "HEAD": may.Read, "POST": may.Create, "DELETE": may.Delete,
		"PATCH": may.Update && changes, "PUT": may.Create && may.Update && len(c.PrimaryKey) > 0} {
		if got := item.GetOperation(method) != nil; got != want {
			t.Errorf("%s: %s %s is %v", who, method, c.Key, got)
		}
	}
}

func anyOperation(item *openapi3.PathItem) *openapi3.Operation {
	for _, method := range []string{"GET", "POST"} {
		if op := item.GetOperation(method); op != nil {
			return op
		}
	}
	return nil
}

// itemOf finds a collection's path by its tag.
func itemOf(doc *openapi3.T, name string) *openapi3.PathItem {
	for path, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if path != "/rpc/transaction" && slices.Contains(op.Tags, name) {
				return item
			}
		}
	}
	return nil
}

// Names of what a role may not see stand nowhere in its document: not in a description, an example or an embed.
func TestWhatIsHiddenIsNotNamed(t *testing.T) {
	t.Parallel()
	p := read(t, projects(t)["odd"])
	shown := map[string][]string{}
	for _, role := range roles {
		text := string(document(p, role, "public"))
		for _, word := range []string{"hidden_zz", "secret_zz", "admin_zz", "sealed", "inbound", "quiet"} {
			if strings.Contains(text, word) {
				shown[role] = append(shown[role], word)
			}
		}
	}
	want := map[string][]string{
		policy.Anon:          {"quiet"},
		policy.Authenticated: {"hidden_zz", "admin_zz", "inbound", "quiet"},
		policy.ServiceRole:   {"hidden_zz", "secret_zz", "admin_zz", "sealed", "inbound", "quiet"},
	}
	if !reflect.DeepEqual(shown, want) {
		t.Errorf("got  %v\nwant %v", shown, want)
	}
}

// A function is described to those who may be allowed to call it and may see what it gives.
func TestFunctionsAreShownToThoseWhoMayCallThem(t *testing.T) {
	t.Parallel()
	p := read(t, projects(t)["odd"])
	for role, want := range map[string]string{
		policy.Anon:          "get /rpc/double, post /rpc/double, post /rpc/transaction",
		policy.Authenticated: "get /rpc/all_zz, get /rpc/cheap_parts, get /rpc/double, post /rpc/all_zz, post /rpc/cheap_parts, post /rpc/double, post /rpc/note, post /rpc/transaction",
		policy.ServiceRole: "get /rpc/all_zz, get /rpc/cheap_parts, get /rpc/double, get /rpc/seen_zz, post /rpc/all_zz, post /rpc/cheap_parts, post /rpc/double, " +
			"post /rpc/note, post /rpc/seen_zz, post /rpc/transaction",
	} {
		var got []string
		doc := load(t, document(p, role, "public"))
		for path, item := range doc.Paths.Map() {
			for method := range item.Operations() {
				if strings.HasPrefix(path, "/rpc/") {
					got = append(got, strings.ToLower(method)+" "+path)
				}
			}
		}
		if slices.Sort(got); strings.Join(got, ", ") != want {
			t.Errorf("%s: %s", role, strings.Join(got, ", "))
		}
	}
}

// Operation ids and component names are what generated clients hang on: they stay as they are.
func TestOperationIDsAreStable(t *testing.T) {
	t.Parallel()
	p := read(t, projects(t)["odd"])
	doc := load(t, document(p, policy.ServiceRole, "public"))
	var got []string
	for _, path := range []string{"/Odd%20Things%2F%C3%A9", "/log", "/totals", "/rpc/double", "/rpc/transaction"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if op := doc.Paths.Value(path).GetOperation(method); op != nil {
				got = append(got, op.OperationID)
			}
		}
	}
	want := "read_Odd-20-Things-2f--e9- head_Odd-20-Things-2f--e9- create_Odd-20-Things-2f--e9- put_Odd-20-Things-2f--e9- update_Odd-20-Things-2f--e9- " +
		"delete_Odd-20-Things-2f--e9- read_log head_log create_log update_log delete_log read_totals head_totals query_double call_double rpc_transaction"
	if strings.Join(got, " ") != want {
		t.Errorf("%s", strings.Join(got, " "))
	}
}

func TestYAMLSaysTheSame(t *testing.T) {
	t.Parallel()
	for name, dir := range projects(t) {
		text := document(read(t, dir), policy.ServiceRole, "public")
		out, err := openapi.YAML(text)
		if err != nil {
			t.Fatal(err)
		}
		var fromYAML, fromJSON any
		back, err := yaml.YAMLToJSON(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(back, &fromYAML); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &fromJSON); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(fromYAML, fromJSON) {
			t.Errorf("%s: YAML and JSON differ", name)
		}
	}
}
