package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/socle-hq/socle/internal/testkit"
)

// TestAccountsAreAdministeredOnEitherEngine runs the scripts of testdata/users with a data directory and on PostgreSQL, each with a
// mail server at $SMTP. Beside the commands of TestScripts there are
//
//	mailed ADDRESS NTH           waits for the nth message to an address; its link is stdout
//	setlink                      sets LINK to the last output
//	[!] follow LINK              follows a link to where it ends; access_token=… of there is stdout
//	[!] signin ADDRESS PASSWORD  signs in at $URL with the key $KEY; access_token=… is stdout
func TestAccountsAreAdministeredOnEitherEngine(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			server := testkit.NewMailServer(t)
			commands := own()
			maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){"mailed": mailed(server), "follow": follow, "setlink": setlink, "signin": signin})
			scripts := []string{"serve", "serve_known", "invite", "import"}
			databases := map[string]string{}
			for _, name := range scripts {
				if databases[name] = "sqlite"; engine == "postgres" {
					databases[name] = testkit.PostgresURL(t)
				}
			}
			testscript.Run(t, testscript.Params{Dir: "testdata/users", Cmds: commands, Setup: func(e *testscript.Env) error {
				for name, database := range databases {
					if strings.HasSuffix(e.WorkDir, "script-"+name) {
						e.Setenv("SOCLE_DATABASE", database)
					}
				}
				if e.Getenv("SOCLE_DATABASE") == "" {
					return fmt.Errorf("%s is not among the scripts of the test", e.WorkDir)
				}
				e.Setenv("SMTP", server.URL())
				return settle(e)
			}})
		})
	}
}

func mailed(server *testkit.MailServer) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 2 || neg {
			ts.Fatalf("usage: mailed address nth")
		}
		to, nth := args[0], args[1]
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for end := time.After(patience); ; {
			n := 0
			for _, m := range server.Received() {
				if !slices.Contains(m.To, to) {
					continue
				}
				if n++; fmt.Sprint(n) == nth {
					fmt.Fprintln(ts.Stdout(), linkOf(m.Text()))
					return
				}
			}
			select {
			case <-tick.C:
			case <-end:
				ts.Fatalf("%d messages came to %s", n, to)
			}
		}
	}
}

// linkOf is the first address in a message.
func linkOf(text string) string {
	for _, word := range strings.Fields(text) {
		if strings.HasPrefix(word, "http") {
			return word
		}
	}
	return ""
}

func setlink(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("LINK", strings.TrimSpace(ts.ReadFile("stdout")))
}

func follow(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: follow link")
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.Get(args[0])
	ts.Check(err)
	answer.Body.Close()
	at, err := url.Parse(answer.Header.Get("Location"))
	ts.Check(err)
	said, err := url.ParseQuery(at.Fragment)
	ts.Check(err)
	token := said.Get("access_token")
	if answer.StatusCode/100 != 3 || (token == "") != neg {
		ts.Fatalf("%d, to %s", answer.StatusCode, at)
	}
	fmt.Fprintln(ts.Stdout(), "access_token="+token)
}

func signin(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: signin address password")
	}
	body, err := json.Marshal(map[string]string{"email": args[0], "password": args[1]})
	ts.Check(err)
	r, err := http.NewRequest(http.MethodPost, ts.Getenv("URL")+"/auth/v1/token?grant_type=password", bytes.NewReader(body))
	ts.Check(err)
	r.Header.Set("Apikey", ts.Getenv("KEY"))
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	var said struct {
		Token string `json:"access_token"`
	}
	ts.Check(json.NewDecoder(answer.Body).Decode(&said))
	if want := map[bool]int{false: 200, true: 400}[neg]; answer.StatusCode != want || (said.Token == "") != neg {
		ts.Fatalf("%d for %s", answer.StatusCode, args[0])
	}
	fmt.Fprintln(ts.Stdout(), "access_token="+said.Token)
}
