package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/sqlgen/sqlite"
)

type explainCommand struct {
	Request string `arg:"" help:"The request: 'GET /tickets?select=id'."`
	Dir     string `arg:"" optional:"" default:"." help:"The project's folder; it may also come first."`
	datadir
	As     string `help:"Who asks: anon, authenticated, service_role, or an account's uuid or e-mail address." default:"anon"`
	Claims string `help:"With --as an account: claims as in socle token." placeholder:"JSON"`
	Engine string `help:"Whose SQL: sqlite or postgres (default: the project's)." enum:",sqlite,postgres" default:""`
}

// Run prints the stages of the request. It needs no database, unless somebody is named by an e-mail address.
func (c *explainCommand) Run(s *session) error {
	if info, err := os.Stat(c.Request); err == nil && info.IsDir() {
		c.Dir, c.Request = c.Request, c.Dir
	}
	project, fsys, problems, err := app.Read(c.Dir, s.lookup, s.clock)
	if err != nil {
		return err
	}
	if project == nil {
		return &app.Invalid{FS: fsys, Problems: problems}
	}
	actor, err := c.actor(s)
	if err != nil {
		return err
	}
	read, err := c.parse(project, actor, project.Functions.For(actor, s.clock))
	if err != nil {
		return refusal(err)
	}
	if read.Request.Query == nil {
		return usage{fmt.Errorf("the request reads no collection")}
	}
	if read.Call.Trusted() {
		actor = policy.Trusted(actor)
	}
	if c.Engine == "" {
		c.Engine = project.Config.Database.Engine
	}
	x, err := engine.Explain(read.Request, actor, project.Set, project.Config.Limits, dialect(c.Engine))
	if err != nil {
		return refusal(err)
	}
	fmt.Fprintf(s.out, "-- ir\n%s\n-- bound\n%s\n-- plan\n%s\n", strings.TrimSpace(x.IR), strings.TrimSpace(x.Bound), strings.TrimSpace(x.Plan))
	for _, sql := range x.SQL {
		fmt.Fprintf(s.out, "-- sql %s\n%s\n", c.Engine, strings.TrimSpace(sql))
	}
	return nil
}

// dialect gives the dialect of an engine; the flag allows no other.
func dialect(engine string) sqlgen.Dialect {
	if engine == "postgres" {
		return postgres.Dialect{}
	}
	return sqlite.Dialect{}
}

// refusal shows a fault as the API would: with its code, details and hint.
func refusal(err error) error {
	f := fault.From(err)
	text := fmt.Sprintf("%s (%d): %s", f.Code, f.Status(), f.Message)
	if f.Details != nil {
		text += fmt.Sprintf("\ndetails: %v", f.Details)
	}
	if f.Hint != "" {
		text += "\nhint: " + f.Hint
	}
	return usage{fmt.Errorf("%s", text)}
}

func (c *explainCommand) actor(s *session) (policy.Actor, error) {
	switch c.As {
	case policy.Anon, policy.Authenticated, policy.ServiceRole:
		if c.Claims != "" {
			return policy.Actor{}, usage{fmt.Errorf("--claims goes with --as and an account's uuid")}
		}
		return policy.Actor{Role: c.As}, nil
	}
	if _, err := uuid.Parse(c.As); err != nil && !strings.Contains(c.As, "@") {
		return policy.Actor{}, usage{fmt.Errorf("--as is anon, authenticated, service_role, a uuid or an e-mail address, not %q", c.As)}
	}
	who, err := s.account(c.at(c.Dir), c.As)
	if err != nil {
		return policy.Actor{}, err
	}
	grant, err := who.Grant([]byte(c.Claims))
	if err != nil {
		return policy.Actor{}, usage{fmt.Errorf("--claims: %w", err)}
	}
	further, err := json.Marshal(grant.Claims)
	if err != nil {
		return policy.Actor{}, usage{err}
	}
	actor, err := auth.ActorOf(grant.Sub, further)
	if err != nil {
		return policy.Actor{}, usage{err}
	}
	return actor, nil
}

func (c *explainCommand) parse(p *app.Project, actor policy.Actor, functions rest.Functions) (*rest.Read, error) {
	method, target, found := strings.Cut(strings.TrimSpace(c.Request), " ")
	if !found {
		method, target = http.MethodGet, method
	}
	path, query, _ := strings.Cut(strings.TrimSpace(target), "?")
	path = strings.TrimPrefix(strings.Trim(path, "/"), "rest/v1/")
	var segments []string
	for _, raw := range strings.Split(path, "/") {
		text, err := url.PathUnescape(raw)
		if err != nil {
			return nil, fault.New(fault.InvalidPath, "Invalid path specified in request URL")
		}
		segments = append(segments, text)
	}
	if method = strings.ToUpper(method); method != http.MethodGet && method != http.MethodHead {
		return nil, fault.New(fault.NotImplemented, "Feature not implemented").WithDetails("explain shows reads")
	}
	return rest.Parse(p.Set.View(actor), p.Config.Limits,
		rest.Input{Method: method, Segments: segments, RawQuery: query, Header: http.Header{}, Functions: functions})
}
