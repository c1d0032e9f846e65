package cel

import (
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// actorMembers are the typed members of auth.
var actorMembers = map[string]ir.Auth{
	"uid":          {Name: ir.UID, T: value.Type{Kind: value.UUID}},
	"role":         {Name: ir.Role, T: value.Type{Kind: value.Text}},
	"email":        {Name: ir.Email, T: value.Type{Kind: value.Text}},
	"aal":          {Name: ir.AAL, T: value.Type{Kind: value.Text}},
	"is_anonymous": {Name: ir.Anonymous, T: value.Type{Kind: value.Bool}},
}

// actorNames are the members of auth, as messages list them.
var actorNames = []string{"uid", "role", "email", "aal", "is_anonymous", "claims"}

// authMember resolves a dot after auth, auth.claims or a claim.
func (t *translator) authMember(m term, name string, at, nameAt int) term {
	if isUserMetadata(name) {
		return t.fail(nameAt, "a user can change it; keep what policies need in app_metadata: auth.claims.name",
			"%q cannot decide a policy", name)
	}
	if m.form == claim || m.path != nil {
		return term{form: claim, at: at, path: append(append([]string{}, m.path...), name)}
	}
	if a, ok := actorMembers[name]; ok {
		return expr(at, &a)
	}
	if name == "claims" {
		return term{form: actor, at: at, path: []string{}}
	}
	return t.unknownActorMember(name, nameAt)
}

func (t *translator) unknownActorMember(name string, at int) term {
	switch known := actorName(name); {
	case known == "uid":
		return t.fail(at, "write auth.uid", `unknown member %q of auth`, name)
	case name == "app_metadata":
		return t.fail(at, "write auth.claims.name: the claims are the app metadata", `unknown member %q of auth`, name)
	case name == "anonymous" || name == "isAnonymous":
		return t.fail(at, "write auth.is_anonymous", `unknown member %q of auth`, name)
	}
	return t.fail(at, "the members are "+strings.Join(actorNames, ", ")+"; claims are auth.claims."+name,
		"unknown member %q of auth%s", name, schema.DidYouMean(name, actorNames))
}

// authCall explains auth.uid() and its like.
func (t *translator) authCall(name string, nameAt int) term {
	switch name {
	case "jwt", "claims", "token":
		return t.fail(nameAt, "write auth.claims.name", "auth.%s() is not a function", name)
	case "user", "session", "get_user", "getUser":
		return t.fail(nameAt, "write auth.uid", "auth.%s() is not a function", name)
	}
	if _, ok := actorMembers[name]; ok {
		return t.fail(nameAt, "write auth."+name+", without parentheses", "auth.%s is a value, not a function", name)
	}
	return t.unknownActorMember(name, nameAt)
}

// index resolves brackets: only auth.claims["name"] has them.
func (t *translator) index(e ast.Expr, at int) term {
	m, key := t.term(e.AsCall().Args()[0]), e.AsCall().Args()[1]
	keyAt := t.start(key)
	name, literal := "", key.Kind() == ast.LiteralKind
	if literal {
		s, ok := key.AsLiteral().(types.String)
		name, literal = string(s), ok
	}
	switch {
	case m.form == invalid:
		return m
	case (m.form == claim || m.form == actor) && literal && name != "":
		return t.authMember(m, name, at, keyAt)
	case m.form == claim || m.form == actor:
		return t.fail(keyAt, `write auth.claims.name or auth.claims["name"]`, "a claim is named by a text literal")
	case m.form == record && literal:
		return t.fail(keyAt, "write ."+name, "a field is not read by brackets")
	}
	return t.fail(t.sign(e), "write x in row.labels or row.labels.exists(x, …)", "an element is not read by brackets")
}

func isUserMetadata(name string) bool {
	return name == "user_metadata" || name == "raw_user_meta_data" || name == "raw_user_metadata"
}

// claimAs is the claim read as a type. A decimal takes any precision.
func claimAs(m term, want value.Type) ir.Expr {
	if want.Kind == value.Decimal {
		want.Precision, want.Scale = 0, 0
	}
	return &ir.Auth{Name: ir.Claims, Path: m.path, T: want}
}
