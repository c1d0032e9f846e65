package postgres

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

var _ sqlgen.Changer = Dialect{}

// Rebuilds is never so: ALTER TABLE can do everything.
func (Dialect) Rebuilds(*sqlgen.Reshape) bool { return false }

func (d Dialect) alter(c *schema.Collection) string { return "ALTER TABLE " + d.Table(c) }

// object is the quoted name of an index or a table in the collection's namespace.
func object(c *schema.Collection, name schema.Ident) string {
	return sqlgen.Quote(c.Space) + "." + sqlgen.Quote(name)
}

// DropSearch drops the vectors; their indexes go with them.
func (d Dialect) DropSearch(c *schema.Collection) []string {
	var out []string
	for _, f := range c.Search.Fields {
		out = append(out, d.alter(c)+" DROP COLUMN IF EXISTS "+sqlgen.Quote(vectorColumn(f)))
	}
	return out
}

// DropIndex drops an index that may be gone already.
func (Dialect) DropIndex(c *schema.Collection, x *schema.Index) []string {
	return []string{"DROP INDEX IF EXISTS " + object(c, x.Ident)}
}

// CreateIndex makes an index anew; earlier versions left some behind.
func (d Dialect) CreateIndex(c *schema.Collection, x *schema.Index) []string {
	alone := *c
	alone.Indexes = []*schema.Index{x}
	return append(d.DropIndex(c, x), d.CreateIndexes(&alone)...)
}

// IndexApart makes an index anew while others write, outside of any transaction; what an attempt before left goes first.
func (d Dialect) IndexApart(c *schema.Collection, x *schema.Index) []string {
	return []string{"DROP INDEX CONCURRENTLY IF EXISTS " + object(c, x.Ident),
		"CREATE INDEX CONCURRENTLY " + sqlgen.Quote(x.Ident) + " ON " + d.Table(c) + " (" + sqlgen.IndexTerms(x) + ")"}
}

// Loosen drops constraints: the references, or the keys.
func (d Dialect) Loosen(r *sqlgen.Reshape, references bool) []string {
	var names []schema.Ident
	if references {
		for _, fk := range r.LooseReferences {
			names = append(names, fk.Ident)
		}
	} else {
		for _, k := range r.LooseKeys {
			names = append(names, k.Ident)
		}
		if r.NewKey && len(r.Old.PrimaryKey) > 0 {
			names = append(names, r.Old.KeyIdent)
		}
	}
	var out []string
	for _, name := range names {
		out = append(out, d.alter(r.Old)+" DROP CONSTRAINT IF EXISTS "+sqlgen.Quote(name))
	}
	return out
}

// DropTable drops the table and the references to it.
func (d Dialect) DropTable(c *schema.Collection) []string {
	return []string{"DROP TABLE IF EXISTS " + d.Table(c) + " CASCADE"}
}

// RenameTable renames a table; everything that leads to it follows.
func (Dialect) RenameTable(c *schema.Collection, from, to schema.Ident) []string {
	return []string{"ALTER TABLE " + object(c, from) + " RENAME TO " + sqlgen.Quote(to)}
}

// Stage adds a column.
func (d Dialect) Stage(c *schema.Collection, column schema.Ident, t value.Type) []string {
	return []string{d.alter(c) + " ADD COLUMN IF NOT EXISTS " + sqlgen.Quote(column) + " " + columnType(t)}
}

func columnType(t value.Type) string {
	if t.Kind == value.Text && !t.List {
		return typeName(t) + collate
	}
	return typeName(t)
}

// Reshape drops, renames and adds columns, then adds the keys.
func (d Dialect) Reshape(r *sqlgen.Reshape) []string {
	alter := d.alter(r.New)
	var out []string
	for _, f := range r.Dropped {
		out = append(out, alter+" DROP COLUMN IF EXISTS "+sqlgen.Quote(f.Ident))
	}
	out = append(out, d.rename(r)...)
	for _, s := range r.Columns {
		switch {
		case s.From.IsZero():
			out = append(out, alter+" ADD COLUMN IF NOT EXISTS "+columnDefinition(s.Field))
		case !s.Field.Nullable() && (s.Old == nil || s.Staged || s.Old.Nullable()):
			out = append(out, alter+" ALTER COLUMN "+sqlgen.Quote(s.Field.Ident)+" SET NOT NULL")
		case s.Field.Nullable() && s.Old != nil && !s.Staged && !s.Old.Nullable():
			out = append(out, alter+" ALTER COLUMN "+sqlgen.Quote(s.Field.Ident)+" DROP NOT NULL")
		}
	}
	return append(append(out, d.keys(r)...), d.names(r, false)...)
}

// rename gives columns their names. What would meet a name that is not free yet waits under its staging name.
func (d Dialect) rename(r *sqlgen.Reshape) []string {
	alter := d.alter(r.New)
	swaps := r.Swaps()
	var out, later []string
	for _, s := range r.Columns {
		if s.Staged && s.Old != nil {
			out = append(out, alter+" DROP COLUMN IF EXISTS "+sqlgen.Quote(s.Old.Ident))
		}
		if s.From.IsZero() || s.From == s.Field.Ident {
			continue
		}
		wait := sqlgen.StagingColumn(s.Field)
		if s.From != wait && !swaps {
			wait = s.From
		}
		if s.From != wait {
			out = append(out, alter+" RENAME COLUMN "+sqlgen.Quote(s.From)+" TO "+sqlgen.Quote(wait))
		}
		later = append(later, alter+" RENAME COLUMN "+sqlgen.Quote(wait)+" TO "+sqlgen.Quote(s.Field.Ident))
	}
	return append(out, later...)
}

func (d Dialect) keys(r *sqlgen.Reshape) []string {
	alter := d.alter(r.New)
	var out []string
	if r.NewKey {
		row := sqlgen.Quote(schema.System(schema.SystemRow))
		if len(r.Old.PrimaryKey) == 0 {
			out = append(out, alter+" DROP COLUMN IF EXISTS "+row)
		}
		if len(r.New.PrimaryKey) == 0 {
			out = append(out, alter+" ADD COLUMN "+row+" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
		} else {
			out = append(out, alter+" ADD "+constraint(r.New.KeyIdent)+"PRIMARY KEY ("+sqlgen.Columns(r.New.PrimaryKey)+")")
		}
	}
	for _, k := range r.NewKeys {
		out = append(out, alter+" ADD "+constraint(k.Ident)+"UNIQUE ("+sqlgen.Columns(k.Fields)+")")
	}
	return out
}

// names gives constraints that stayed the names of the new declaration: they are public. Where those may not be free yet,
// they get others until the tables are settled.
func (d Dialect) names(r *sqlgen.Reshape, settled bool) []string {
	var out []string
	rename := func(from, to schema.Ident) {
		wait := schema.Derive(schema.ForRebuild, to)
		switch {
		case from == to:
			return
		case r.Wait && settled:
			from = wait
		case r.Wait:
			to = wait
		}
		out = append(out, d.alter(r.New)+" RENAME CONSTRAINT "+sqlgen.Quote(from)+" TO "+sqlgen.Quote(to))
	}
	if !r.NewKey && len(r.New.PrimaryKey) > 0 {
		rename(r.Old.KeyIdent, r.New.KeyIdent)
	}
	for _, k := range r.KeptKeys {
		rename(k[0].Ident, k[1].Ident)
	}
	for _, fk := range r.KeptReferences {
		rename(fk[0].Ident, fk[1].Ident)
	}
	return out
}

// Refer adds foreign keys.
func (d Dialect) Refer(r *sqlgen.Reshape) []string {
	var out []string
	if r.Wait {
		out = d.names(r, true)
	}
	for _, fk := range r.References {
		out = append(out, d.alter(r.New)+" ADD "+constraint(fk.Ident)+"FOREIGN KEY ("+sqlgen.Columns(fk.Columns)+") REFERENCES "+
			d.Table(fk.To)+" ("+sqlgen.Columns(fk.Targets)+") ON DELETE NO ACTION ON UPDATE NO ACTION")
	}
	return out
}

// RowKey is the primary key, or the row number.
func (Dialect) RowKey(c *schema.Collection) []sqlgen.Cell {
	var out []sqlgen.Cell
	for _, f := range c.PrimaryKey {
		out = append(out, sqlgen.Cell{Column: f.Ident, Type: f.Type})
	}
	if out == nil {
		out = append(out, sqlgen.Cell{Column: schema.System(schema.SystemRow), Type: value.Type{Kind: value.Int}})
	}
	return out
}

// Vectors are those of the search fields.
func (Dialect) Vectors(c *schema.Collection) []sqlgen.Vector {
	if c.Search == nil {
		return nil
	}
	var out []sqlgen.Vector
	for _, f := range c.Search.Fields {
		out = append(out, sqlgen.Vector{Column: vectorColumn(f), Field: f, Cast: "::tsvector",
			Encode: func(v value.Value) any { return Vector(c, v) }})
	}
	return out
}
