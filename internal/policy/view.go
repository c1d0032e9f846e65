package policy

import (
	"sync/atomic"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// maxViews bounds the views kept per set; beyond it they are made per request.
const maxViews = 4096

type viewCount struct{ atomic.Int64 }

// View is the catalogue as the actor may see it.
func (s *Set) View(a Actor) *schema.View {
	sh := s.Shape(a)
	key := a.role() + ":" + sh.key
	if v, ok := s.views.Load(key); ok {
		return v.(*schema.View)
	}
	v := s.build(a.role(), sh)
	if s.count.Add(1) <= maxViews {
		s.views.Store(key, v)
	}
	return v
}

func (s *Set) build(role string, sh Shape) *schema.View {
	var seen []*schema.CollectionView
	for _, c := range s.catalog.Collections {
		if !s.visible(c, sh) {
			continue
		}
		access := make([]schema.Access, len(c.Fields))
		for i, f := range c.Fields {
			access[i] = s.access(f, sh)
		}
		seen = append(seen, &schema.CollectionView{Collection: c, Access: access})
	}
	return schema.NewView(s.catalog, role, seen)
}

// visible: internal collections are the product's alone; service_role sees all others; everybody else those with a policy.
func (s *Set) visible(c *schema.Collection, sh Shape) bool {
	return (sh.product || !c.Internal) && (sh.service || s.rules[c.Index].present)
}

func (s *Set) access(f *schema.Field, sh Shape) schema.Access {
	return s.readAccess(f, sh) | s.writeAccess(f, sh)
}

func (s *Set) readAccess(f *schema.Field, sh Shape) schema.Access {
	if sh.service {
		return schema.Readable
	}
	if s.rules[f.Collection.Index].fields[f.Ordinal].neverRead {
		return 0
	}
	switch rule := s.fieldPolicy(f, sh); {
	case isConst(rule, ir.True):
		return schema.Readable
	case isConst(rule, ir.False), isConst(rule, ir.Unknown):
		return 0
	}
	return schema.Masked
}

func (s *Set) writeAccess(f *schema.Field, sh Shape) schema.Access {
	r := s.rules[f.Collection.Index].fields[f.Ordinal]
	if r.neverWritten || f.Computed != nil || f.Collection.View != nil {
		return 0
	}
	if r.write == nil || sh.service {
		return schema.Writable
	}
	if e := s.fold(r.write, sh); isConst(e, ir.False) || isConst(e, ir.Unknown) {
		return 0
	}
	return schema.Writable
}

// fieldPolicy is the field's own read rule for a shape, over the rules' row; TRUE where it has none, FALSE where it says never.
func (s *Set) fieldPolicy(f *schema.Field, sh Shape) ir.Expr {
	r := s.rules[f.Collection.Index].fields[f.Ordinal]
	switch {
	case sh.service:
		return ir.Bool(true)
	case r.neverRead:
		return ir.Bool(false)
	case r.read == nil:
		return ir.Bool(true)
	}
	return s.fold(r.read, sh)
}
