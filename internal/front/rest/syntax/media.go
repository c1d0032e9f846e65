package syntax

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// MediaType is a form of the answer.
type MediaType uint8

// The media types.
const (
	JSON    MediaType = iota
	Object            // application/vnd.pgrst.object+json: exactly one row
	Array             // application/vnd.pgrst.array+json
	CSV               // text/csv
	NDJSON            // application/x-ndjson
	OpenAPI           // application/openapi+json, at the API's root only
)

// Media is the negotiated form; Stripped leaves out members that are null.
type Media struct {
	Type     MediaType
	Stripped bool
}

// ContentType is the value of the answer's Content-Type. An array from which nothing is stripped is plain JSON.
func (m Media) ContentType() string {
	if m.Type == Array && !m.Stripped {
		m.Type = JSON
	}
	base := [...]string{"application/json", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json",
		"text/csv", "application/x-ndjson", "application/openapi+json"}[m.Type]
	if m.Stripped {
		base += ";nulls=stripped"
	}
	return base + "; charset=utf-8"
}

// Negotiate chooses what Accept asks for: by q, then in the client's order. At the API's root only its description is served.
func Negotiate(h http.Header, root bool) (Media, error) {
	accept := strings.Join(h.Values("Accept"), ",")
	if accept == "" {
		accept = "*/*"
	}
	if media, ok := (mediaRange{name: accept}).media(root); ok { // as most clients ask
		return media, nil
	}
	ranges := mediaRanges(accept)
	for _, m := range ranges {
		if media, ok := m.media(root); ok {
			return media, nil
		}
	}
	return Media{}, notAcceptable(ranges)
}

func notAcceptable(ranges []mediaRange) error {
	names := make([]string, len(ranges))
	for i, m := range ranges {
		names[i] = m.name
		if strings.HasPrefix(m.name, "application/vnd.pgrst.plan") || m.name == "application/geo+json" {
			return fault.New(fault.NotImplemented, "Feature not implemented").WithDetails("the media type " + m.name + " is not served")
		}
	}
	return fault.New(fault.NotAcceptable, "None of these media types are available: %s", strings.Join(names, ", "))
}

// mediaRange is one member of Accept.
type mediaRange struct {
	name     string
	stripped bool
	q        float64
}

func mediaRanges(accept string) []mediaRange {
	var out []mediaRange
	for accept != "" {
		var part string
		part, accept, _ = strings.Cut(accept, ",")
		name, attributes, _ := strings.Cut(part, ";")
		m := mediaRange{name: strings.ToLower(strings.TrimSpace(name)), q: 1}
		if m.attributes(attributes); m.name != "" && m.q > 0 {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b mediaRange) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	return out
}

func (m *mediaRange) attributes(text string) {
	for text != "" {
		var part string
		part, text, _ = strings.Cut(text, ";")
		key, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case key == "nulls" && v == "stripped":
			m.stripped = true
		case key == "q":
			if q, err := strconv.ParseFloat(v, 64); err == nil {
				m.q = q
			}
		}
	}
}

// media is what a range stands for; at the root only the API's description is served.
func (m mediaRange) media(root bool) (Media, bool) {
	if root && m.name == "application/json" {
		return Media{}, true
	}
	if root {
		return Media{Type: OpenAPI}, m.name == "application/openapi+json" || m.name == "*/*"
	}
	switch m.name {
	case "*/*", "application/*", "application/json":
		return Media{}, true
	case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
		return Media{Object, m.stripped}, true
	case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
		return Media{Array, m.stripped}, true
	case "text/csv", "text/*":
		return Media{Type: CSV}, true
	case "application/x-ndjson":
		return Media{Type: NDJSON}, true
	}
	return Media{}, false
}
