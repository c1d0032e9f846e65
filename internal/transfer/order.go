package transfer

import "github.com/socle-hq/socle/internal/schema"

// Order is the collections that hold a project's rows, each after those it refers to. References that can wait, see Circular, do not count.
func Order(c *schema.Catalog) []*schema.Collection {
	var out []*schema.Collection
	seen := map[*schema.Collection]bool{}
	var visit func(*schema.Collection)
	visit = func(col *schema.Collection) {
		if seen[col] || col.View != nil || col.Private {
			return
		}
		seen[col] = true
		waiting := map[*schema.ForeignKey]bool{}
		for _, fk := range Circular(col) {
			waiting[fk] = true
		}
		for _, fk := range col.ForeignKeys {
			if !waiting[fk] {
				visit(fk.To)
			}
		}
		out = append(out, col)
	}
	for _, col := range c.Collections {
		visit(col)
	}
	return out
}

// Circular is the references that lead back to their own collection, directly or through others, and can be left out at first: a
// row with such a reference may come before the row it refers to.
func Circular(c *schema.Collection) []*schema.ForeignKey {
	var out []*schema.ForeignKey
	for _, fk := range c.ForeignKeys {
		if fk.Loose() != nil && leads(fk.To, c, map[*schema.Collection]bool{}) {
			out = append(out, fk)
		}
	}
	return out
}

// Own is the references of Circular that lead to their collection directly.
func Own(c *schema.Collection) []*schema.ForeignKey {
	var out []*schema.ForeignKey
	for _, fk := range Circular(c) {
		if fk.To == c {
			out = append(out, fk)
		}
	}
	return out
}

func leads(from, to *schema.Collection, seen map[*schema.Collection]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, fk := range from.ForeignKeys {
		if leads(fk.To, to, seen) {
			return true
		}
	}
	return false
}
