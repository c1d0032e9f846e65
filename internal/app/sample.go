package app

import (
	"context"
	"net/url"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/policy"
)

// Sample is a request that gives rows: a path, and whether it takes the secret key.
type Sample struct {
	Path   string
	Secret bool
}

// Sample finds a request to show a newcomer: preferably one that an anonymous caller gets rows from.
func (r *Runtime) Sample(ctx context.Context) (Sample, bool) {
	v := r.current.Load()
	for _, actor := range []policy.Actor{{Role: policy.Anon}, policy.Service()} {
		for _, name := range v.project.Set.View(actor).Names(v.project.Set.Catalog().Namespaces[0]) {
			if v.hasRows(ctx, actor, name) {
				return Sample{"/rest/v1/" + url.PathEscape(name) + "?limit=2", actor.Role == policy.ServiceRole}, true
			}
		}
	}
	return Sample{}, false
}

func (v *version) hasRows(ctx context.Context, actor policy.Actor, name string) bool {
	read, err := rest.Parse(v.project.Set.View(actor), rest.Limits{}, rest.Input{Method: "GET", Segments: []string{name}, RawQuery: "limit=1"})
	if err != nil {
		return false
	}
	answers, err := v.engine.Run(ctx, actor, []engine.Op{{Read: read.Request}})
	return err == nil && len(answers[0].Result.Tuples) > 0
}
