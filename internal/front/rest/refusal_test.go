package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/front/rest"
)

const casts = "No operator matches the given name and argument types. You might need to add explicit type casts."

func TestBadRequestsAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct{ target, code, message, details, hint string }{
		{"/tickets?select=data->>--34", "PGRST100", `"failed to parse select parameter (data->>--34)" (line 1, column 9)`, `unexpected "-" expecting digit`, ""},
		{"/tickets?select=id,(", "PGRST100", `"failed to parse select parameter (id,()" (line 1, column 4)`, `unexpected "(" expecting field name (* or [a..z0..9_$])`, ""},
		{"/tickets?select=project(name", "PGRST100", `"failed to parse select parameter (project(name)" (line 1, column 13)`, `unexpected end of input expecting ")"`, ""},
		{"/tickets?select=points.median()", "PGRST100", `"failed to parse select parameter (points.median())" (line 1, column 8)`, `unexpected "m" expecting "sum()", "avg()", "min()", "max()" or "count()"`, ""},
		{"/tickets?or=()", "PGRST100", `"failed to parse logic tree (())" (line 1, column 4)`, `unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)`, ""},
		{"/tickets?order=id.asc.nullslasttt", "PGRST100", `"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)`, `unexpected 't' expecting "," or end of input`, ""},
		{"/tickets?id=5", "PGRST100", `"failed to parse filter (5)" (line 1, column 1)`, `unexpected "5" expecting "not" or operator (eq, gt, ...)`, ""},
		{"/tickets?done=is.nil", "PGRST100", `"failed to parse filter (is.nil)" (line 1, column 4)`, `unexpected "n" expecting isVal: (null, not_null, true, false, unknown)`, ""},
		{"/tickets?id=neq(any).{1}", "PGRST100", `"failed to parse filter (neq(any).{1})" (line 1, column 4)`, `unexpected "(" expecting delimiter (.)`, ""},
		{"/tickets?limit=x", "PGRST100", `"failed to parse limit parameter (x)" (line 1, column 1)`, "expecting an integer of 64 bits", ""},
		{"/tickets?limit=9223372036854775808", "PGRST100", `"failed to parse limit parameter (9223372036854775808)" (line 1, column 1)`, "expecting an integer of 64 bits", ""},
		{"/tickets?limit=-1", "PGRST103", "Requested range not satisfiable", "Limit should be greater than or equal to zero.", ""},
		{"/tickets?id=eq.%zz", "22P02", `invalid input syntax for type bigint: "%zz"`, "", ""},
		{"/tickets?title=eq.a%00", "22021", `invalid byte sequence for encoding "UTF8": 0x00`, "", ""},
		{"/tickets?title=eq.%ff", "22021", `invalid byte sequence for encoding "UTF8": 0xff`, "", ""},

		{"/first/second/third", "PGRST125", "Invalid path specified in request URL", "", ""},
		{"/nothing_like_it", "PGRST205", "Could not find the table 'public.nothing_like_it' in the schema cache", "", ""},
		{"/ticket", "PGRST205", "Could not find the table 'public.ticket' in the schema cache", "", "Perhaps you meant the table 'public.tickets'"},
		{"/rpc/add?b=2&a=1", "PGRST202", "Could not find the function public.add(a, b) in the schema cache", "Searched for the function public.add with parameters a, b, but no matches were found in the schema cache.", ""},
		{"/rpc/now", "PGRST202", "Could not find the function public.now without parameters in the schema cache", "Searched for the function public.now without parameters, but no matches were found in the schema cache.", ""},

		{"/tickets?x=eq.5", "42703", "column tickets.x does not exist", "", ""},
		{"/tickets?select=project(secret)", "42703", "column projects.secret does not exist", "", ""},
		{"/projects?secret=eq.5", "42703", "column projects.secret does not exist", "", ""},
		{"/projects?order=secret", "42703", "column projects.secret does not exist", "", ""},
		{"/clients?search=fts.x", "42703", "column clients.search does not exist", "", ""},
		{"/tickets?select=id::nothing", "42704", `type "nothing" does not exist`, "", ""},
		{"/tickets?select=id::money", "PGRST127", "Feature not implemented", "a cast to money is not in the profile", ""},
		{"/tickets?id->x=eq.5", "42883", "operator does not exist: bigint -> unknown", "", casts},
		{"/tickets?points=like.5", "42883", "operator does not exist: bigint ~~ unknown", "", casts},
		{"/tickets?title=cs.{a}", "42883", "operator does not exist: text @> unknown", "", casts},
		{"/tickets?meta=ov.{a}", "42883", "operator does not exist: json && unknown", "", casts},
		{"/tickets?points=fts.a", "42883", "operator does not exist: bigint @@ tsquery", "", casts},
		{"/tickets?points=is.true", "42804", "argument of IS TRUE must be type boolean, not type bigint", "", ""},
		{"/tickets?points=eq.x", "22P02", `invalid input syntax for type bigint: "x"`, "", ""},
		{"/tickets?title=like.a%5C", "22025", "LIKE pattern must not end with escape character", "", ""},
		{"/tickets?title=match.(", "2201B", "invalid regular expression: missing closing ): `(`", "", "the syntax is RE2's: no look-around, no back-references"},
		{"/tickets?title=match.a{1,256}", "2201B", "invalid regular expression: repeats above 255 are not supported", "", "use *, + or a smaller bound"},
		{"/tickets?title=match.%5CpL", "2201B", "invalid regular expression: Unicode classes are not supported", "", "write the characters: [a-zA-Z0-9]"},
		{"/tickets?title=match.[%5CpL]", "2201B", "invalid regular expression: Unicode classes are not supported", "", "write the characters: [a-zA-Z0-9]"},
		{"/tickets?title=match.(%3Fi)a", "2201B", "invalid regular expression: inline flags and named groups are not supported", "", "write (…) or (?:…)"},
		{"/tickets?body=fts.a", "PGRST127", "Feature not implemented", "full-text search needs an index", "declare `search:` with the field in collection tickets"},
		{"/tickets?title=fts(english).a", "PGRST127", "Feature not implemented", "the text search configuration of tickets is simple", ""},
		{"/tickets?points=sl.[1,2]", "PGRST127", "Feature not implemented", "the range operator sl is not in the profile", ""},
		{"/tickets?meta->a=gt.1", "PGRST127", "Feature not implemented", "gt does not compare json", "compare a ->> path as text"},

		{"/projects?select=id,clients!nonexistent(id)", "PGRST200", "Could not find a relationship between 'projects' and 'clients' in the schema cache", "Searched for a foreign key relationship between 'projects' and 'clients' using the hint 'nonexistent' in the schema 'public', but no matches were found.", ""},
		{"/projects?select=client_s(id)", "PGRST200", "Could not find a relationship between 'projects' and 'client_s' in the schema cache", "Searched for a foreign key relationship between 'projects' and 'client_s' in the schema 'public', but no matches were found.", "Perhaps you meant 'clients' instead of 'client_s'."},
		{"/tickets?gone.id=eq.1", "PGRST108", "'gone' is not an embedded resource in this request", "", "Verify that 'gone' is included in the 'select' query parameter."},
		{"/tickets?select=p:project(id)&project.id=eq.1", "PGRST108", "'project' is not an embedded resource in this request", "", "Verify that 'project' is included in the 'select' query parameter."},
		{"/tickets?select=project(id)&order=clientsx(name)", "PGRST108", "'clientsx' is not an embedded resource in this request", "", "Verify that 'clientsx' is included in the 'select' query parameter."},
		{"/clients?select=*,projects(*)&order=projects(id)", "PGRST118", "A related order on 'projects' is not possible", "'clients' and 'projects' do not form a many-to-one or one-to-one relationship", ""},
		{"/tickets?select=project(id)&project=eq.1", "PGRST120", "Bad operator on the 'project' embedded resource", "Only is null or not is null filters are allowed on embedded resources", ""},

		{"/tickets?select=title.sum()", "42883", "function sum(text) does not exist", "", "No function matches the given name and argument types. You might need to add explicit type casts."},
		{"/tickets?select=meta->>n::int.sum()", "PGRST127", "Feature not implemented", "a cast from text to int before an aggregate may lose values", "declare a computed field with the cast"},
		{"/tickets?select=points,count()&order=title", "42803", `column "tickets.title" must appear in the GROUP BY clause or be used in an aggregate function`, "", ""},
		{"/tickets?select=points&having=(count.gt.1)", "42803", "having needs an aggregate in select", "", ""},
		{"/tickets?select=count()&having=(sum.gt.1)", "42703", "aggregate sum does not exist", "", "having names an aggregate of select by its alias"},
		{"/tickets?after=forged", "PGRST100", "failed to use after: the position is not one this server gave", "", ""},
		{"/notes?after=x", "PGRST100", "failed to use after: only rows with a primary key, not groups, have a position", "", ""},
		{"/tickets?after=x&offset=3", "PGRST100", "failed to use after: after cannot be combined with offset or a Range header", "", ""},
	} {
		f := refusal(t, v, rest.Limits{}, get(c.target))
		details, _ := f.Details.(string)
		if string(f.Code) != c.code || f.Message != c.message || details != c.details || f.Hint != c.hint {
			t.Errorf("%s\n got %s %s\n     details %s\n     hint %s", c.target, f.Code, f.Message, details, f.Hint)
		}
	}
}

func TestSeveralRelationsAreListed(t *testing.T) {
	t.Parallel()
	f := refusal(t, fullView(catalogue(t)), rest.Limits{}, get("/tickets?select=users(name)"))
	if f.Code != "PGRST201" || f.Status() != 300 || f.Message != "Could not embed because more than one relationship was found for 'tickets' and 'users'" {
		t.Errorf("%d %s %s", f.Status(), f.Code, f.Message)
	}
	if want := "Try changing 'users' to one of the following: 'users!tickets_author_id_fkey', 'users!tickets_assignee_id_fkey'. Find the desired relationship in the 'details' key."; f.Hint != want {
		t.Errorf("hint %s", f.Hint)
	}
	details, _ := json.Marshal(f.Details)
	want := `[{"cardinality":"many-to-one","relationship":"tickets_author_id_fkey using tickets(author_id) and users(id)","embedding":"tickets with users"},` +
		`{"cardinality":"many-to-one","relationship":"tickets_assignee_id_fkey using tickets(assignee_id) and users(id)","embedding":"tickets with users"}]`
	if string(details) != want {
		t.Errorf("details\n got %s\nwant %s", details, want)
	}
}

func TestAJunctionThatLeadsBothWaysIsHintedByItsKeys(t *testing.T) {
	t.Parallel()
	f := refusal(t, fullView(catalogue(t)), rest.Limits{}, get("/users?select=users(name)"))
	if want := "'users!follows_followed_id_fkey', 'users!follows_follower_id_fkey'"; f.Code != "PGRST201" || !strings.Contains(f.Hint, want) {
		t.Errorf("%s: hint %s", f.Code, f.Hint)
	}
}

func TestHeadersAreRefusedInPostgRESTsWords(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct{ key, header, code, message, details, hint string }{
		{"Accept-Profile", "unknown", "PGRST106", "Invalid schema: unknown", "", "Only the following schemas are exposed: public, billing"},
		{"Accept", "text/unknowntype", "PGRST107", "None of these media types are available: text/unknowntype", "", ""},
		{"Accept", "application/openapi+json, a/b;q=0.3", "PGRST107", "None of these media types are available: application/openapi+json, a/b", "", ""},
		{"Accept", `application/vnd.pgrst.plan+text; for="application/json"`, "PGRST127", "Feature not implemented", "the media type application/vnd.pgrst.plan+text is not served", ""},
		{"Prefer", "handling=strict, anything", "PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: anything", ""},
		{"Prefer", "handling=strict, timezone=Invalid/Timezone, max-affected=x", "PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: timezone=Invalid/Timezone, max-affected=x", ""},
		{"Range", "1-0", "PGRST103", "Requested range not satisfiable", "The lower boundary must be lower than or equal to the upper boundary in the Range header.", ""},
	} {
		f := refusal(t, v, rest.Limits{}, get("/clients", c.key, c.header))
		details, _ := f.Details.(string)
		if string(f.Code) != c.code || f.Message != c.message || details != c.details || f.Hint != c.hint {
			t.Errorf("%s: %s\n got %s %s\n     details %s\n     hint %s", c.key, c.header, f.Code, f.Message, details, f.Hint)
		}
	}
}

func TestMethodsAreJudgedAfterThePath(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct{ method, path, code, message string }{
		{http.MethodPost, "/totals", "PGRST101", "Unsupported HTTP method: POST"},
		{http.MethodPost, "/", "PGRST101", "Unsupported HTTP method: POST"},
		{http.MethodGet, "/rpc/transaction", "PGRST101", "Cannot use the GET method on a transaction"},
		{http.MethodPost, "/clientz", "PGRST205", "Could not find the table 'public.clientz' in the schema cache"},
		{http.MethodDelete, "/rpc/f", "PGRST101", "Cannot use the DELETE method on RPC"},
		{http.MethodTrace, "/clients", "PGRST101", "Unsupported HTTP method: TRACE"},
	} {
		in := get(c.path)
		in.Method = c.method
		if f := refusal(t, v, rest.Limits{}, in); string(f.Code) != c.code || f.Message != c.message {
			t.Errorf("%s %s: %s %s", c.method, c.path, f.Code, f.Message)
		}
	}
}

func TestEveryLimitIsNamedWithItsValue(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct {
		limits          rest.Limits
		target, message string
	}{
		{rest.Limits{URLLength: 10}, "/tickets?select=id,title", "the query string is longer than 10 bytes"},
		{rest.Limits{EmbedDepth: 1}, "/tickets?select=project(clients(id))", "resources are embedded deeper than 1 levels"},
		{rest.Limits{LogicDepth: 2}, "/tickets?or=(and(or(id.eq.1)))", "conditions are nested deeper than 2 levels"},
		{rest.Limits{InItems: 2}, "/tickets?id=in.(1,2,3)", "a list has more than 2 elements"},
		{rest.Limits{InItems: 2}, "/tickets?id=eq(any).{1,2,3}", "a list has more than 2 elements"},
		{rest.Limits{SelectItems: 2}, "/tickets?select=id,project(id,name)", "select has more than 2 items"},
		{rest.Limits{JSONSteps: 2}, "/tickets?select=meta->a->b->c", "a JSON path has more than 2 steps"},
		{rest.Limits{Filters: 1}, "/tickets?id=eq.1&points=eq.1", "the query string has more than 1 parameters"},
		{rest.Limits{OrderTerms: 1}, "/tickets?order=id,points", "order has more than 1 terms"},
	} {
		if f := refusal(t, v, c.limits, get(c.target)); f.Code != "54001" || f.Message != c.message {
			t.Errorf("%s: %s %s", c.target, f.Code, f.Message)
		}
	}
	deep := "/tickets?or=" + strings.Repeat("(and", 5000)
	if f := refusal(t, v, rest.Limits{}, get(deep)); f.Code != "54001" {
		t.Errorf("deep logic: %s %s", f.Code, f.Message)
	}
}
