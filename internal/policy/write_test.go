package policy_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

const writable = `
-- cards.yaml --
fields:
  id: int
  owner: uuid
  code: { type: text, unique: true, read: never, write: never }
  label: { type: text, read: never }
  stamp: { type: timestamp, write: never }
  staff: { type: text, write: "auth.claims.staff == true" }
  mark: { type: text, write: "row.owner == auth.uid" }
computed: { loud: { type: bool, expr: "row.id > 9" } }
relations: { boxes: { from: boxes.card_id } }
policies:
  read: "row.boxes.exists(b, b.owner == auth.uid)"
  create: "auth.uid != null"
  update: { using: "row.owner == auth.uid", check: "row.owner == old.owner" }
-- boxes.yaml --
fields: { id: int, card_id: { ref: cards }, owner: uuid, by: { ref: auth.users } }
indexes: [[card_id], [by]]
policies: { read: "row.card.id > 0" }
realtime: true
-- counts.yaml --
view: { from: cards, fields: { n: "count()" } }
policies: { read: true }
-- loose.yaml --
fields: { id: int }
`

func writableSet(t *testing.T) *policy.Set {
	t.Helper()
	set, problems := policy.Compile(schematest.MustRead(t, writable))
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return set
}

func write(t *testing.T, set *policy.Set, collection string, action ir.Action, columns ...string) *ir.Write {
	t.Helper()
	c := schematest.Collection(t, set.Catalog(), collection)
	w := &ir.Write{Action: action, Row: &ir.Row{Collection: c, Label: c.Key}}
	for _, name := range columns {
		f, ok := c.Field(name)
		if !ok {
			t.Fatalf("no field %s", name)
		}
		w.Columns = append(w.Columns, f)
	}
	return w
}

var writer = policy.Actor{Role: policy.Authenticated, UID: ann}

func TestColumnsAreRefusedWhateverTheFrontLetThrough(t *testing.T) {
	t.Parallel()
	set := writableSet(t)
	for _, c := range []struct {
		as         policy.Actor
		collection string
		columns    []string
		code       fault.Code
	}{
		{writer, "cards", []string{"id", "owner", "label", "mark"}, ""},
		{writer, "cards", []string{"code"}, fault.UnknownBodyColumn},
		{writer, "cards", []string{"stamp"}, fault.Denied},
		{writer, "cards", []string{"staff"}, fault.Denied},
		{writer, "cards", []string{"loud"}, fault.Denied},
		{policy.Service(), "cards", []string{"staff", "label"}, ""},
		{policy.Service(), "cards", []string{"stamp"}, fault.Denied},
		{writer, "counts", nil, fault.MethodNotAllowed},
		{writer, "loose", nil, fault.UnknownCollection},
		{policy.Service(), "auth.users", nil, fault.UnknownCollection},
	} {
		_, err := set.BindWrite(write(t, set, c.collection, ir.Insert, c.columns...), c.as)
		if got := codeOf(err); got != c.code {
			t.Errorf("%s %s %v: got %q (%v), want %q", c.as.Role, c.collection, c.columns, got, err, c.code)
		}
	}
	for _, of := range []*ir.Write{write(t, set, "cards", ir.Insert, "stamp", "code"), write(t, set, "auth.users", ir.Delete)} {
		if _, err := set.BindImport(of); err != nil {
			t.Errorf("an import is refused: %v", err)
		}
	}
}

func codeOf(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestEveryPlaceOfAWriteHasItsPolicy(t *testing.T) {
	t.Parallel()
	set := writableSet(t)
	bind := func(a policy.Actor, action ir.Action, columns ...string) policy.BoundWrite {
		b, err := set.BindWrite(write(t, set, "cards", action, columns...), a)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := bind(writer, ir.Update, "mark", "label")
	for what, c := range map[string]struct {
		got  ir.Expr
		want string
	}{
		"create":  {b.Create(), "true"},
		"using":   {b.Allowed(), "(= cards#0.owner auth.uid)"},
		"check":   {b.Check(), "(same cards#0.owner cards#1.owner)"},
		"field":   {b.Fields()[0].Cond, "(= cards#0.owner auth.uid)"},
		"delete":  {bind(writer, ir.Delete).Allowed(), "false"},
		"anon":    {bind(policy.Actor{}, ir.Insert).Create(), "false"},
		"service": {bind(policy.Service(), ir.Delete).Target(), "true"},
	} {
		if got := ir.PrintExpr(c.got); got != c.want {
			t.Errorf("%s: got %s, want %s", what, got, c.want)
		}
	}
	if len(b.Fields()) != 1 || len(bind(policy.Service(), ir.Update, "mark").Fields()) != 0 {
		t.Error("only fields whose rule depends on the row have a condition")
	}
	if target := ir.PrintExpr(b.Target()); target == ir.PrintExpr(b.Allowed()) {
		t.Errorf("the target %s lacks the read policy", target)
	}
	if (policy.BoundWrite{}).Row() != nil {
		t.Error("the zero BoundWrite has a row")
	}
}

func TestOnlyDeclaredKeysMeetConflicts(t *testing.T) {
	t.Parallel()
	set := writableSet(t)
	for names, want := range map[string]fault.Code{"id": "", "owner": fault.InvalidConflict, "code": fault.InvalidConflict} {
		w := write(t, set, "cards", ir.Insert, "id")
		f, _ := w.Row.Collection.Field(names)
		w.On = &ir.Conflict{Key: []*schema.Field{f}}
		if _, err := set.BindWrite(w, writer); codeOf(err) != want {
			t.Errorf("on %s: got %v, want %q", names, err, want)
		}
	}
}

func TestWhatSubscribersDependOnIsLogged(t *testing.T) {
	t.Parallel()
	set := writableSet(t)
	logged := set.Logged()
	for name, want := range map[string]bool{"boxes": true, "cards": true, "loose": false} {
		if c := schematest.Collection(t, set.Catalog(), name); logged[c.Index] != want {
			t.Errorf("%s: logged %v", name, !want)
		}
	}
}
