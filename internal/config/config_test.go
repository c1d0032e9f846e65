package config_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

func env(pairs ...string) config.Env {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func load(t *testing.T, text string, e config.Env) *config.Config {
	t.Helper()
	c, problems := config.Parse([]byte(text), e)
	if c == nil {
		t.Fatal(problems)
	}
	return c
}

func TestANameIsEnough(t *testing.T) {
	t.Parallel()
	got := load(t, "name: my-app\n", env())
	want := &config.Config{Name: "my-app", Database: config.Database{Engine: "sqlite"}, Limits: admission.Default()}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config.Section{})); diff != "" {
		t.Error(diff)
	}
}

const full = `
name: team-tickets
public_url: https://api.example.org/
database: postgres://app:${PGPASS}@db.internal/app?sslmode=require
auth:
  sign_up: false
  password: { min: 10 }
  session: { access_ttl: 1h, refresh_reuse: 10s, idle: 30d, max: 0 }
  redirects: [ "https://app.example.org/**" ]
  providers: { google: { client_id: ${GOOGLE_ID}, client_secret: "${GOOGLE_SECRET}" }, acme: { issuer: https://id.acme.test, client_id: x } }
  mfa: { totp: true, passkeys: true }
  issuers: [ { issuer: https://clerk.test, audience: app, jwks: https://clerk.test/jwks } ]
mail: { smtp: ${SMTP_URL}, from: "Team <team@example.org>" }
limits: { body: 1MiB, rows: 100, embed_depth: 3, statement_timeout: 1500ms }
cors: [ https://app.example.org ]
graphql: { introspection: false }
`

func TestEverySettingIsRead(t *testing.T) {
	t.Parallel()
	c := load(t, full, env("PGPASS", "s3cret", "GOOGLE_ID", "id", "GOOGLE_SECRET", "gs", "SMTP_URL", "smtp://u:p@mail:587"))
	got := []any{c.Name, c.PublicURL, c.Database.Engine, c.Database.URL, c.Database.Redacted(), c.Limits.Body, c.Limits.Rows,
		c.Limits.Tree, c.Limits.EmbedDepth, c.Limits.Statement, c.CORS[0], *c.GraphQL.Introspection,
		c.Auth.Bool("sign_up", true), c.Auth.Int("password.min", 8), c.Auth.Duration("session.idle", 0), c.Auth.Duration("session.max", 5),
		c.Auth.Text("providers.google.client_secret", ""), strings.Join(c.Auth.Sub("providers").Keys(), " "),
		c.Auth.Items("issuers")[0].Text("audience", ""), c.Auth.List("redirects")[0], c.Mail.Text("smtp", "")}
	want := []any{"team-tickets", "https://api.example.org", "postgres", "postgres://app:s3cret@db.internal/app?sslmode=require",
		"postgres://db.internal/app", 1 << 20, 100, 5000, 3, 1500 * time.Millisecond, "https://app.example.org", false,
		false, int64(10), 720 * time.Hour, time.Duration(0), "gs", "google acme", "app", "https://app.example.org/**", "smtp://u:p@mail:587"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestVariablesOverrideTheFile(t *testing.T) {
	t.Parallel()
	c := load(t, "name: a\nlimits: { rows: 5 }\n", config.With(
		env("SOCLE_LIMITS_ROWS", "7", "SOCLE_AUTH_PASSWORD_MIN", "12", "SOCLE_CORS", "https://a.test, https://b.test", "SOCLE_NAME", "b"),
		map[string]string{"database": "postgres://app:literal@db/app"}))
	got := []any{c.Name, c.Limits.Rows, c.Auth.Int("password.min", 8), c.CORS, c.Database.URL}
	want := []any{"b", 7, int64(12), []string{"https://a.test", "https://b.test"}, "postgres://app:literal@db/app"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, problems := config.Parse([]byte("name: a\n"), env("SOCLE_LIMITS_ROWS", "many")); problems.String() !=
		"SOCLE_LIMITS_ROWS: rows is a whole number from 1" {
		t.Error(problems)
	}
}

func TestTheDatabaseOfAFlagNamesItsPasswordToo(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"database": "postgres://app:${PGPASS}@db/app", "name": "${PGPASS}"}
	c := load(t, "name: a\n", config.With(env("PGPASS", "s3cret"), flags))
	if c.Database.URL != "postgres://app:s3cret@db/app" || c.Name != "${PGPASS}" {
		t.Errorf("got %+v, %q", c.Database, c.Name)
	}
	fsys := fstest.MapFS{config.File: {Data: []byte("name: a\n")}}
	if _, problems := config.Load(fsys, config.With(env(), flags)); len(problems) != 1 || !strings.Contains(problems[0].String(), "the environment variable PGPASS is not set") {
		t.Error(problems)
	}
}

func TestEveryMistakeIsReportedWithItsPlace(t *testing.T) {
	t.Parallel()
	text := `nmae: x
public_url: ftp://x
database: postgres://app:hunter2@db/app
limits: { rows: 0, body: 10 MB!, statement_timeout: soon, depth: 3 }
cors: [ "https://a.test/path" ]
graphql: { introspection: maybe }
auth:
  sign_up: [true]
  session: { idle: "" , max: }
  providers: { google: { client_secret: abc123, client_idd: x } }
mail: { smtp: "smtp://u:pw@host", from: ${UNSET} }
`
	const want = `socle.yaml:1:1: unknown key "nmae" in socle.yaml (did you mean "name"?)
socle.yaml:1:1: the project has no name
socle.yaml:2:13: public_url is an address such as https://api.example.org
socle.yaml:3:11: database holds a password; project files are kept in git
socle.yaml:4:17: rows is a whole number from 1
socle.yaml:4:26: body is a size such as 10MiB or 65536
socle.yaml:4:53: statement_timeout is a duration above zero such as 500ms, 10s, 1h or 30d
socle.yaml:4:59: unknown key "depth" in limits
socle.yaml:5:10: an entry of cors is an origin such as https://app.example.org, without a path
socle.yaml:6:27: introspection is true or false
socle.yaml:8:12: sign_up is one value, not a list
socle.yaml:9:21: idle is a duration such as 500ms, 10s, 1h or 30d
socle.yaml:9:25: max has no value
socle.yaml:10:41: client_secret holds a secret; project files are kept in git
socle.yaml:10:49: unknown key "client_idd" in google (did you mean "client_id"?)
socle.yaml:11:16: smtp holds a password; project files are kept in git
socle.yaml:11:41: the environment variable UNSET is not set`
	c, problems := config.Parse([]byte(text), env())
	if diff := cmp.Diff(want, problems.String()); c != nil || diff != "" {
		t.Error(diff)
	}
	if printed := yamlfile.Render(fstest.MapFS{"socle.yaml": {Data: []byte(text)}}, problems); !strings.Contains(printed, "\n    nmae: x\n    ^\n") {
		t.Error("no excerpt in", printed)
	}
}

// A check in a pipeline has no secrets: without an environment the file alone is judged.
func TestWithoutAnEnvironmentVariablesNeedNotExist(t *testing.T) {
	t.Parallel()
	c, problems := config.Parse([]byte(full), nil)
	if c == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, problems := config.Parse([]byte("name: a\nlimits: { rows: x }"), nil); !problems.Failed() {
		t.Error("a wrong literal passes")
	}
}

func TestSecretsStayOutOfTheFile(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"postgres://app@db/app":                    false,
		"postgres://app:${P}@db/app":               false,
		"${URL}":                                   false,
		"postgres://app:x@db/app":                  true,
		"postgres://app:x${P}@db/app":              true,
		"postgres://app@db/app?password=x":         true,
		"postgres://app@db/app?password=${P}":      false,
		"postgres://app:x@${HOST}/app":             true,
		"postgres://app:${P}@${HOST}:5432/${NAME}": false,
	} {
		_, problems := config.Parse([]byte("name: a\ndatabase: \""+text+"\"\n"), nil)
		if problems.Failed() != refused {
			t.Errorf("%s: refused %v, want %v", text, problems.Failed(), refused)
		}
	}
}

func TestAMissingFileIsAProblem(t *testing.T) {
	t.Parallel()
	c, problems := config.Load(fstest.MapFS{}, env())
	if c != nil || problems.String() != "socle.yaml: the file cannot be read" {
		t.Error(problems)
	}
}

func TestEditorsKnowTheSettings(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("socle.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("socle.json")
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.NewReplacer("${GOOGLE_ID}", `"${GOOGLE_ID}"`, "${SMTP_URL}", `"${SMTP_URL}"`).Replace(full)
	for text, good := range map[string]bool{quoted: true, "name: x": true, "database: sqlite": false, "name: x\nlimits: { row: 1 }": false,
		"name: x\nlimits: { rows: 0 }": false, "name: x\nauth: { providers: { g: { client_secret: abc } } }": false} {
		n, problems := yamlfile.Parse("socle.yaml", []byte(text))
		if n == nil {
			t.Fatal(problems)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(n.JSON()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(value); (err == nil) != good {
			t.Errorf("valid %v, want %v: %v\n%s", err == nil, good, err, text)
		}
	}
}

func TestAnyOriginIsAllowedWithAWarning(t *testing.T) {
	t.Parallel()
	c, problems := config.Parse([]byte("name: a\ncors: [ https://a.test, \"*\" ]\n"), env())
	if c == nil || len(problems) != 1 || problems.Failed() {
		t.Fatal(c, problems)
	}
	want := "socle.yaml:2:25: warning: `*` in cors lets the pages of every site call the API with their visitors' keys and tokens"
	if got := problems[0].String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if c, problems = config.Parse([]byte("name: a\ncors: [ https://a.test ]\n"), env()); c == nil || len(problems) != 0 {
		t.Fatal(c, problems)
	}
}

func TestNamespacesAreNamedWhereTheyStand(t *testing.T) {
	t.Parallel()
	c := load(t, "name: a\nnamespaces:\n  public: { name: shop }\n  billing: { name: 'The \"Bills\"' }\n", env())
	want := []string{"3:3 public shop", `4:3 billing The "Bills"`}
	var got []string
	for _, n := range c.Namespaces {
		got = append(got, fmt.Sprintf("%d:%d %s %s", n.Key.Pos.Line, n.Key.Pos.Column, n.Key.Text, n.Name.Text))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, problems := config.Parse([]byte("name: a\nnamespaces: { public: shop }\n"), env()); problems.String() != "socle.yaml:2:23: public is a mapping, not text" {
		t.Error(problems)
	}
}
