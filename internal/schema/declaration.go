package schema

import (
	"encoding/json"

	"github.com/socle-hq/socle/internal/value"
)

// The declaration is what `apply` stores: everything a later difference needs, without positions. Its member names are
// a stored format: extend, never rename.
type declaration struct {
	Format      int              `json:"format"`
	Collections []declCollection `json:"collections"`
}

type declCollection struct {
	Namespace   string         `json:"namespace"`
	Key         string         `json:"key"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Internal    bool           `json:"internal,omitempty"`
	Private     bool           `json:"private,omitempty"`
	Was         string         `json:"was,omitempty"`
	Realtime    bool           `json:"realtime,omitempty"`
	Junction    bool           `json:"junction,omitempty"`
	Fields      []declField    `json:"fields"`
	PrimaryKey  []string       `json:"primary_key,omitempty"`
	Unique      []declKey      `json:"unique,omitempty"`
	Indexes     []declKey      `json:"indexes,omitempty"`
	ForeignKeys []declForeign  `json:"foreign_keys,omitempty"`
	Relations   []declRelation `json:"relations,omitempty"`
	Checks      []declExpr     `json:"checks,omitempty"`
	Search      *declSearch    `json:"search,omitempty"`
	View        *declView      `json:"view,omitempty"`
	Policies    []declExpr     `json:"policies,omitempty"`
}

type declField struct {
	Key         string            `json:"key"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Kind        string            `json:"kind"`
	Precision   uint8             `json:"precision,omitempty"`
	Scale       uint8             `json:"scale,omitempty"`
	List        bool              `json:"list,omitempty"`
	Enum        []string          `json:"enum,omitempty"`
	EnumWas     map[string]string `json:"enum_was,omitempty"`
	Required    bool              `json:"required,omitempty"`
	Identity    bool              `json:"identity,omitempty"`
	Min         *string           `json:"min,omitempty"`
	Max         *string           `json:"max,omitempty"`
	Pattern     string            `json:"pattern,omitempty"`
	Format      string            `json:"format,omitempty"`
	Default     *declDefault      `json:"default,omitempty"`
	OnUpdate    *declDefault      `json:"on_update,omitempty"`
	Read        string            `json:"read,omitempty"`
	Write       string            `json:"write,omitempty"`
	Computed    string            `json:"computed,omitempty"`
	Trusted     bool              `json:"trusted,omitempty"`
	Was         string            `json:"was,omitempty"`
	Fill        string            `json:"fill,omitempty"`
}

type declDefault struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value,omitempty"`
}

type declKey struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"` // '-' before a descending one
}

type declForeign struct {
	Name     string   `json:"name"`
	Columns  []string `json:"columns"`
	To       string   `json:"to"`
	Targets  []string `json:"targets"`
	OnDelete string   `json:"on_delete"`
}

type declRelation struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Way  string `json:"way"`
}

type declExpr struct {
	Name string `json:"name"`
	Expr string `json:"expr"`
}

type declSearch struct {
	Fields []string `json:"fields"`
	Config string   `json:"config"`
}

type declView struct {
	From   string   `json:"from"`
	Where  string   `json:"where,omitempty"`
	Fields []string `json:"fields"`
	Group  bool     `json:"group,omitempty"`
}

// MarshalDeclaration is the catalogue's meaning as stable JSON: equal bytes, equal catalogues. Catalog.Version is its hash.
func MarshalDeclaration(c *Catalog) []byte {
	out := declaration{Format: 1}
	for _, col := range c.Collections {
		out.Collections = append(out.Collections, declare(col))
	}
	raw, err := json.Marshal(out)
	if err != nil { // strings, numbers and valid raw JSON only
		return []byte(`{"error":` + string(value.AppendJSONString(nil, err.Error())) + `}`)
	}
	return raw
}

func declare(c *Collection) declCollection {
	d := declCollection{Namespace: c.Namespace, Key: c.Key, Name: c.Name, Description: c.Description, Internal: c.Internal, Private: c.Private,
		Was: c.Was, Realtime: c.Realtime, Junction: c.Junction, PrimaryKey: fieldKeys(c.PrimaryKey)}
	for _, f := range c.Fields {
		d.Fields = append(d.Fields, declareField(f))
	}
	for _, k := range c.Unique {
		d.Unique = append(d.Unique, declKey{k.Name, fieldKeys(k.Fields)})
	}
	for _, x := range c.Indexes {
		d.Indexes = append(d.Indexes, declKey{x.Name, termKeys(x.Terms)})
	}
	for _, fk := range c.ForeignKeys {
		d.ForeignKeys = append(d.ForeignKeys, declForeign{fk.Name, fieldKeys(fk.Columns), fk.To.Key, fieldKeys(fk.Targets), fk.OnDelete.String()})
	}
	for _, r := range c.Relations {
		if r.Declared {
			d.Relations = append(d.Relations, declRelation{r.Key, r.Name, r.way()})
		}
	}
	for _, k := range c.Checks {
		d.Checks = append(d.Checks, declExpr{k.Name, k.Expr.Text})
	}
	if c.Search != nil {
		d.Search = &declSearch{fieldKeys(c.Search.Fields), c.Search.Config}
	}
	d.View = declareView(c.View)
	d.Policies = declarePolicies(c.Policies)
	return d
}

func declareField(f *Field) declField {
	d := declField{Key: f.Key, Name: f.Name, Description: f.Description, Kind: kindName(f.Type.Kind), Precision: f.Type.Precision,
		Scale: f.Type.Scale, List: f.Type.List, Enum: f.Enum, EnumWas: f.EnumWas, Required: f.Required, Identity: f.Identity,
		Pattern: f.Pattern, Format: f.Format, Was: f.Was, Fill: f.Fill.Text,
		Min: declareBound(f, f.Min), Max: declareBound(f, f.Max),
		Default: declareDefault(f, f.Default), OnUpdate: declareDefault(f, f.OnUpdate),
		Read: f.Read.text(), Write: f.Write.text()}
	if f.Computed != nil {
		d.Computed, d.Trusted = f.Computed.Expr.Text, f.Computed.Trusted
	}
	return d
}

func declareBound(f *Field, v *value.Value) *string {
	if v == nil {
		return nil
	}
	t := f.Type
	if measured(t) {
		t = value.Type{Kind: value.Int}
	}
	s := string(value.AppendText(nil, t, *v))
	return &s
}

func declareDefault(f *Field, d Default) *declDefault {
	switch d.Kind {
	case NoDefault:
		return nil
	case Literal:
		return &declDefault{Kind: d.Kind.String(), Value: value.AppendJSON(nil, f.Type, d.Value)}
	}
	return &declDefault{Kind: d.Kind.String()}
}

func declareView(v *ViewDef) *declView {
	if v == nil {
		return nil
	}
	d := &declView{From: v.From.Key, Where: v.Where.Text, Group: v.Group}
	for _, f := range v.Fields {
		d.Fields = append(d.Fields, f.String())
	}
	return d
}

func declarePolicies(p Policies) []declExpr {
	var out []declExpr
	for _, named := range p.named() {
		if named.source.Present() {
			out = append(out, declExpr{named.name, named.source.Text})
		}
	}
	return out
}

func fieldKeys(fields []*Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Key)
	}
	return out
}

func termKeys(terms []IndexTerm) []string {
	var out []string
	for _, t := range terms {
		if t.Desc {
			out = append(out, "-"+t.Field.Key)
		} else {
			out = append(out, t.Field.Key)
		}
	}
	return out
}
