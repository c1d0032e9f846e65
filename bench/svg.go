package main

import (
	"fmt"
	"html"
	"maps"
	"math"
	"slices"
	"strings"
)

// A plot has a panel for each series, and a row of them for each engine: sizes to the right, relative cost upwards, both logarithmic.
const (
	panelWidth, panelHeight = 330, 260
	left, top, inner        = 44, 34, 260
	legend                  = 24 // lines' distance and more
)

var colours = []string{"#0b62a4", "#d1495b", "#2e933c", "#e09f3e", "#6a4c93", "#00798c", "#8d6a4f"}

// plotOf draws all series, those of an engine side by side.
func plotOf(all []*series) string {
	low, high, most := .5, 2., 0
	columns, engines := map[string]int{}, []string{}
	for _, s := range all {
		if columns[s.ground.engine]++; columns[s.ground.engine] == 1 {
			engines = append(engines, s.ground.engine)
		}
		most = max(most, len(s.kinds))
		for i := range s.results {
			for j := range s.results[i] {
				low, high = min(low, atLeast(s.relative(i, j))), max(high, s.relative(i, j))
			}
		}
	}
	scale := func(v float64) float64 {
		return top + panelHeight*(1-math.Log(atLeast(v)/low)/math.Log(high/low))
	}
	width, height := slices.Max(slices.Collect(maps.Values(columns)))*panelWidth, top+panelHeight+legend*2+most*16
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n",
		width, height*len(engines), width, height*len(engines))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height*len(engines))
	clear(columns)
	for _, s := range all {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", columns[s.ground.engine]*panelWidth, slices.Index(engines, s.ground.engine)*height)
		columns[s.ground.engine]++
		s.frame(&b, scale, low, high)
		s.lines(&b, scale)
		b.WriteString("</g>\n")
	}
	return b.String() + "</svg>\n"
}

// atLeast keeps logarithms finite.
func atLeast(v float64) float64 { return max(v, .01) }

func (s *series) x(point int) float64 {
	return left + inner*float64(point)/float64(max(1, len(s.points)-1))
}

// frame is the title, the lines of equal cost, and the sizes.
func (s *series) frame(b *strings.Builder, scale func(float64) float64, low, high float64) {
	fmt.Fprintf(b, `<text x="%d" y="18" font-size="13" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(s.ground.engine+": "+lowered(s.title)))
	for _, v := range []float64{.1, .2, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if v < low || v > high {
			continue
		}
		colour := "#ddd"
		if v == 1 {
			colour = "#888"
		}
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="%s"/><text x="%d" y="%.1f" text-anchor="end">%g ×</text>`+"\n",
			left, left+inner, scale(v), scale(v), colour, left-5, scale(v)+4, v)
	}
	for i, p := range s.points {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", s.x(i), top+panelHeight+16, grouped(p.size))
	}
}

// lines are the kinds of requests, and below them their names.
func (s *series) lines(b *strings.Builder, scale func(float64) float64) {
	for i, k := range s.kinds {
		colour := colours[i%len(colours)]
		var at []string
		for j := range s.results[i] {
			x, y := s.x(j), scale(s.relative(i, j))
			at = append(at, fmt.Sprintf("%.1f,%.1f", x, y))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x, y, colour)
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(at, " "), colour)
		y := top + panelHeight + legend*2 + i*16
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", left, y-9, colour, left+16, y, html.EscapeString(k.name))
	}
}
