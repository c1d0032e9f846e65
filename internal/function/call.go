package function

import (
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Caller is the functions as one actor meets them at one instant.
type Caller struct {
	set   *Set
	actor policy.Actor
	clock clock.Clock
	now   time.Time
}

var _ rest.Functions = (*Caller)(nil)

// For gives the functions to an actor. A nil set has none.
func (s *Set) For(a policy.Actor, clk clock.Clock) *Caller {
	return &Caller{set: s, actor: a, clock: clk, now: clk.Now()}
}

// Find gives a function by its wire name, whoever may call it.
func (c *Caller) Find(namespace, name string) (*rest.Stored, bool) {
	if c.set == nil {
		return nil, false
	}
	f, ok := c.set.byName[[2]string{namespace, name}]
	if !ok {
		return nil, false
	}
	return f.stored, true
}

// Names lists what the actor may call.
func (c *Caller) Names(namespace string) []string {
	var out []string
	for _, f := range c.set.Callable(c.role()) {
		if f.Decl.Namespace == namespace {
			out = append(out, f.Decl.Name)
		}
	}
	return out
}

func (c *Caller) role() string {
	if c.actor.Role == "" {
		return policy.Anon
	}
	return c.actor.Role
}

// Default is an argument that was not given; NULL where it has no default.
func (c *Caller) Default(a *schema.Arg) (v value.Value, err error) {
	from := a.Type
	switch a.Default.Kind {
	case schema.Literal:
		v = a.Default.Value
	case schema.DefaultNow, schema.DefaultToday:
		if from.Kind = value.Timestamp; a.Default.Kind == schema.DefaultToday {
			from.Kind = value.Date
		}
		v, _ = c.env(nil).Leaf(&ir.Now{T: from})
	case schema.DefaultUUID:
		id, err := c.set.ids.Next(c.clock)
		if err != nil {
			return v, fault.New(fault.Internal, "Internal error").Because(err)
		}
		v, from.Kind = value.OfUUID(id), value.UUID
	case schema.DefaultAuthUID:
		v, from.Kind = c.actor.Values().UID, value.UUID
	}
	if v.IsNull() || a.Type == from {
		return v, nil
	}
	return value.Cast(v, from, a.Type)
}

func (c *Caller) env(args []value.Value) *ir.Env {
	return &ir.Env{Args: args, Auth: c.actor.Values(), Now: c.now.UnixMicro()}
}

// Open reports whether the actor may call a function at all, whatever the arguments are.
func (c *Caller) Open(s *rest.Stored) bool { return c.of(s).callable(c.role()) }

// Permit refuses a call unless `when` is TRUE; service_role may call everything.
func (c *Caller) Permit(s *rest.Stored, args []value.Value) error {
	f := c.of(s)
	if c.actor.Role == policy.ServiceRole || f != nil && f.when != nil && eval.Closed(f.when, c.env(args)).True() {
		return nil
	}
	return fault.New(fault.Denied, "permission denied for function %s", s.Decl.Name)
}

// Value computes what a function of one value gives.
func (c *Caller) Value(call *rest.Call) (value.Type, value.Value) {
	e := c.of(call.Function).gives
	return e.Type(), eval.Closed(e, c.env(call.Args))
}

func (c *Caller) of(s *rest.Stored) *Function {
	return c.set.byName[[2]string{s.Decl.Namespace, s.Decl.Name}]
}
