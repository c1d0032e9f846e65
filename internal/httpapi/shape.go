package httpapi

import (
	"github.com/maypok86/otter/v2"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/render"
)

// shapesKept is as many as the engine keeps plans.
const shapesKept = 4096

// shapes keeps the prepared output of the engine's cached plans, by the level itself.
type shapes struct {
	cache *otter.Cache[*plan.Level, *render.Shape]
}

func newShapes() shapes {
	return shapes{otter.Must(&otter.Options[*plan.Level, *render.Shape]{MaximumSize: shapesKept})}
}

func (s shapes) of(l *plan.Level) *render.Shape {
	if shape, ok := s.cache.GetIfPresent(l); ok {
		return shape
	}
	shape := render.Compile(l)
	s.cache.Set(l, shape)
	return shape
}
