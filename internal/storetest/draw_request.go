package storetest

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// visitor draws reads of any project as clients send them over HTTP: every operator with values that fit and that do not, embeds
// with conditions of their own, groups, orders through relations, pages, media types and preferences.
type visitor struct {
	asker
	world *World
}

func newVisitor(r *rand.Rand, w *World) *visitor {
	return &visitor{asker: asker{Rand: r, rows: w.Data, wild: true}, world: w}
}

// Request draws what Site.Ask sends.
func (v *visitor) Request() string {
	if v.chance(12) {
		return v.call()
	}
	c := pick(v.Rand, v.world.Catalog.Collections)
	for c.Internal {
		c = pick(v.Rand, v.world.Catalog.Collections)
	}
	text := v.asker.Request(c)
	line, headers, _ := strings.Cut(text, "\n")
	target := strings.TrimPrefix(line, "GET /"+c.Name)
	return v.method() + " /" + url.PathEscape(c.Name) + target + "\n" + headers + v.headers(c)
}

func (v *visitor) method() string {
	if v.chance(30) {
		return "HEAD"
	}
	return "GET"
}

func (v *visitor) headers(c *schema.Collection) string {
	out := ""
	if c.Namespace != schema.DefaultNamespace && !v.chance(30) {
		out += "Accept-Profile: " + c.Namespace + "\n"
	}
	if v.chance(4) {
		out += "Accept: " + pick(v.Rand, []string{"text/csv", "application/x-ndjson", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped",
			"application/vnd.pgrst.object+json;nulls=stripped", "image/png", "*/*"}) + "\n"
	}
	if v.chance(10) {
		out += "Prefer: " + pick(v.Rand, []string{"timezone=Asia/Kolkata", "timezone=America/St_Johns", "handling=strict, timezone=Nowhere/Else", "count=planned", "count=estimated", "handling=strict, nonsense=1"}) + "\n"
	}
	if v.chance(12) {
		out += "Range-Unit: items\nRange: " + pick(v.Rand, []string{"0-1", "1-3", "2-", "50-60", "3-1", "x"}) + "\n"
	}
	return out
}

// call draws a call of a function.
func (v *visitor) call() string {
	of := v.world.Functions.All()
	if len(of) == 0 {
		return "GET /rpc/nothing"
	}
	f := pick(v.Rand, of).Decl
	var params, members []string
	for _, a := range f.Args {
		if v.chance(5) {
			continue
		}
		x := sample(v.Rand, a.Type)
		if a.Type == anInt {
			x = value.OfInt(v.Int64N(12))
		}
		params = append(params, url.QueryEscape(a.Name)+"="+url.QueryEscape(x.Text()))
		members = append(members, fmt.Sprintf("%q:%s", a.Name, show(a.Type, x)))
	}
	if v.chance(20) {
		params = append(params, "unknown=1")
	}
	extra := pick(v.Rand, []string{"", "", "", "limit=2", "order=id.desc", "id=gt.3", "select=id", "offset=1&limit=3"})
	if v.chance(3) {
		return "POST /rpc/" + f.Name + "?" + extra + "\n\n{" + strings.Join(members, ",") + "}"
	}
	return "GET /rpc/" + f.Name + "?" + strings.Join(append(params, extra), "&") + "\nPrefer: count=exact"
}
