package migrate

import (
	"context"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// generator is a field's name in the table of identity generators.
func generator(f *schema.Field) string {
	return f.Collection.Space.Name() + "." + f.Collection.Ident.Name() + "." + f.Ident.Name()
}

// generators follows renames in the table of identity generators: a number that was given is never given again. Generators
// of fields that go, go too.
func (w *worker) generators(ctx context.Context, p Plan) error {
	moved := map[string]string{} // "" where the field is gone
	for _, x := range p.pairs {
		for _, old := range x.old.Fields {
			now := ""
			if f := x.became[old]; f != nil {
				now = generator(f)
			}
			if now != generator(old) {
				moved[generator(old)] = now
			}
		}
	}
	for _, c := range p.gone {
		for _, f := range c.Fields {
			moved[generator(f)] = ""
		}
	}
	if len(moved) == 0 {
		return nil
	}
	table := sqlgen.Quote(schema.System(schema.SystemIdentity))
	rows, err := w.tx.Query(ctx, `SELECT "name", "last" FROM `+table)
	if err != nil {
		return err
	}
	text, number := sqlgen.Coding{Type: value.Type{Kind: value.Text}}, sqlgen.Coding{Type: value.Type{Kind: value.Int}}
	var again [][2]any
	for _, r := range rows {
		now, ok := moved[asText(r[0])]
		if !ok {
			continue
		}
		if _, err := w.tx.Exec(ctx, "DELETE FROM "+table+` WHERE "name" = `+w.dialect.Placeholder(1, text), asText(r[0])); err != nil {
			return err
		}
		if now == "" {
			continue
		}
		last, err := w.dialect.Decode(number.Type, r[1])
		if err != nil {
			return err
		}
		again = append(again, [2]any{now, last.Int()})
	}
	for _, row := range again {
		_, err := w.tx.Exec(ctx, "INSERT INTO "+table+` ("name", "last") VALUES (`+w.dialect.Placeholder(1, text)+", "+
			w.dialect.Placeholder(2, number)+")", row[0], row[1])
		if err != nil {
			return err
		}
	}
	return nil
}
