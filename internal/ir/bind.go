package ir

import (
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// Leaf gives the value of an expression that needs no row: Const, Param, Auth, Now. ok is false for every other node.
func (env *Env) Leaf(e Expr) (v value.Value, ok bool) {
	switch e := e.(type) {
	case *Const:
		return e.Value, true
	case *Param:
		return env.Args[e.Slot], true
	case *Auth:
		return env.auth(e), true
	case *Now:
		if e.T.Kind == value.Date {
			return value.OfDate(floorDiv(env.Now, 86_400_000_000)), true
		}
		return value.OfTimestamp(env.Now), true
	}
	return value.Value{}, false
}

func (env *Env) auth(e *Auth) value.Value {
	switch e.Name {
	case UID:
		return env.Auth.UID
	case Role:
		return env.Auth.Role
	case Email:
		return env.Auth.Email
	case AAL:
		return env.Auth.AAL
	case Anonymous:
		return env.Auth.Anonymous
	}
	return claim(env.Auth.Claims, e.Path, e.T)
}

// claim reads a claim as the type the expression gave it; a missing claim or one of another type is NULL.
func claim(claims value.Value, path []string, t value.Type) value.Value {
	if claims.IsNull() {
		return value.Value{}
	}
	steps := make([]value.Step, len(path))
	for i, p := range path {
		steps[i] = value.Step{Key: p}
	}
	raw := value.JSONPath(claims, steps, false)
	if raw.IsNull() || raw.Str() == "null" {
		return value.Value{}
	}
	if t.Kind == value.JSON && !t.List {
		return raw
	}
	if t.Kind == value.UUID && !t.List {
		return claimText(raw, t)
	}
	v, err := value.FromJSON(t, []byte(raw.Str()))
	if err != nil {
		return value.Value{}
	}
	return v
}

func claimText(raw value.Value, t value.Type) value.Value {
	s := value.JSONPath(raw, nil, true)
	if s.IsNull() {
		return s
	}
	v, err := value.Parse(t, strings.ToLower(s.Str()))
	if err != nil {
		return value.Value{}
	}
	return v
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
