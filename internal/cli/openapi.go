package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/openapi"
	"github.com/socle-hq/socle/internal/policy"
)

type openapiCommand struct {
	Dir       string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
	Role      string `help:"Whose API: anon, authenticated or service_role." default:"anon"`
	Format    string `help:"json or yaml." default:"json"`
	Namespace string `help:"Whose collections (default: the first namespace)."`
}

// Run prints what accounts of the role may see between them. It needs no database.
func (c *openapiCommand) Run(s *session) error {
	if known := []string{policy.Anon, policy.Authenticated, policy.ServiceRole}; !slices.Contains(known, c.Role) {
		return usage{fmt.Errorf("--role is one of %s, not %q", strings.Join(known, ", "), c.Role)}
	}
	if c.Format != "json" && c.Format != "yaml" {
		return usage{fmt.Errorf("--format is one of json, yaml, not %q", c.Format)}
	}
	project, fsys, problems, err := app.Read(c.Dir, s.lookup, s.clock)
	if err != nil {
		return err
	}
	if project == nil {
		return &app.Invalid{FS: fsys, Problems: problems}
	}
	exposed := project.Set.Catalog().Namespaces
	if c.Namespace == "" {
		c.Namespace = exposed[0]
	}
	if !slices.Contains(exposed, c.Namespace) {
		return usage{fmt.Errorf("--namespace is one of %s, not %q", strings.Join(exposed, ", "), c.Namespace)}
	}
	return c.print(s, project.API().Document(project.Set.Reach(c.Role), c.Namespace))
}

func (c *openapiCommand) print(s *session, document []byte) error {
	document = openapi.Indent(document)
	if c.Format == "yaml" {
		var err error
		if document, err = openapi.YAML(document); err != nil {
			return err
		}
	}
	_, err := s.out.Write(document)
	return err
}
