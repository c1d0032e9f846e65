// Package policy owns who may see and do what: it compiles the project's policies, builds the schema.View of an actor, and
// Bind, the one place where policies are attached to a query. Nothing else in the product decides access. It knows nothing of
// HTTP, tokens or SQL.
package policy

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// Roles of the data API.
const (
	Anon          = "anon"
	Authenticated = "authenticated"
	ServiceRole   = "service_role"
)

// Actor is on whose behalf a request runs. The zero Actor is anonymous.
type Actor struct {
	Role      string      // one of the roles above; "" is anon
	UID       string      // lower-case uuid; "" is NULL
	Email     string      // verified address; "" is NULL
	AAL       string      // aal1, aal2; "" is NULL
	Anonymous bool        // an anonymous account
	Claims    value.Value // JSON object: app_metadata and hook claims; NULL where there are none

	product bool // the product itself: internal collections exist for it
}

// Service is the actor that passes every row and field policy. Every use of it acts without policies.
func Service() Actor { return Actor{Role: ServiceRole} }

// Product is Service for the product's own work: internal collections, such as the accounts, exist for it too. No request acts
// as it.
func Product() Actor { return Actor{Role: ServiceRole, product: true} }

// IsProduct reports whether the actor is Product.
func (a Actor) IsProduct() bool { return a.product }

// Trusted is the actor a with the project's rights: what a function declared `as: project` acts as. Every use of it acts
// without policies.
func Trusted(a Actor) Actor {
	a.Role = ServiceRole
	return a
}

// Values are the actor's values as expressions see them.
func (a Actor) Values() ir.AuthValues {
	v := ir.AuthValues{
		Role:      value.OfText(a.role()),
		Email:     optional(value.OfText, a.Email),
		AAL:       optional(value.OfText, a.AAL),
		UID:       optional(value.OfUUID, a.UID),
		Anonymous: value.OfBool(a.Anonymous),
		Claims:    a.Claims,
	}
	return v
}

func (a Actor) role() string {
	if a.Role == "" {
		return Anon
	}
	return a.Role
}

func (a Actor) isService() bool { return a.Role == ServiceRole }

func optional(of func(string) value.Value, s string) value.Value {
	if s == "" {
		return value.Value{}
	}
	return of(s)
}
