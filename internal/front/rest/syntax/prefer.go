package syntax

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones of timezone=, the same on every machine that has none of its own

	"github.com/socle-hq/socle/internal/fault"
)

// Preferences are what Prefer asked for; "" where it said nothing. Of each kind the first counts.
type Preferences struct {
	Resolution  string // merge-duplicates, ignore-duplicates
	Missing     string // default, null
	Return      string // representation, minimal, headers-only
	Count       string // exact, planned, estimated: all exact
	Tx          string // commit, rollback
	Handling    string // strict, lenient
	Timezone    string
	MaxAffected string // a number, checked
}

// Max is the number of max-affected, ok false where it was not asked for.
func (p Preferences) Max() (n int64, ok bool) {
	n, err := strconv.ParseInt(p.MaxAffected, 10, 64)
	return n, err == nil
}

var preferenceValues = map[string]string{
	"resolution": "merge-duplicates ignore-duplicates", "missing": "default null",
	"return": "representation minimal headers-only", "count": "exact planned estimated",
	"tx": "commit rollback", "handling": "strict lenient",
}

// ParsePreferences reads Prefer. Unknown and invalid ones are refused under handling=strict, else ignored.
func ParsePreferences(h http.Header) (Preferences, error) {
	var p Preferences
	var invalid []string
	for _, line := range h.Values("Prefer") {
		for line != "" {
			var word string
			word, line, _ = strings.Cut(line, ",")
			if word = strings.TrimSpace(word); word != "" && !p.read(word) {
				invalid = append(invalid, word)
			}
		}
	}
	if len(invalid) > 0 && p.Handling == "strict" {
		return p, fault.New(fault.InvalidPreference, "Invalid preferences given with handling=strict").
			WithDetails("Invalid preferences: " + strings.Join(invalid, ", "))
	}
	return p, nil
}

func (p *Preferences) read(word string) bool {
	key, v, _ := strings.Cut(word, "=")
	slot := p.slot(key)
	switch {
	case slot == nil, v == "":
		return false
	case key == "timezone":
		if _, ok := zoneNamed(v); !ok {
			return false
		}
	case key == "max-affected":
		if _, ok := digits(v); !ok {
			return false
		}
	case !listed(preferenceValues[key], v):
		return false
	}
	if *slot == "" {
		*slot = v
	}
	return true
}

func listed(words, word string) bool {
	for words != "" {
		var w string
		if w, words, _ = strings.Cut(words, " "); w == word {
			return true
		}
	}
	return false
}

func (p *Preferences) slot(key string) *string {
	switch key {
	case "resolution":
		return &p.Resolution
	case "missing":
		return &p.Missing
	case "return":
		return &p.Return
	case "count":
		return &p.Count
	case "tx":
		return &p.Tx
	case "handling":
		return &p.Handling
	case "timezone":
		return &p.Timezone
	case "max-affected":
		return &p.MaxAffected
	}
	return nil
}

// Zone is the time zone of timezone, nil where none was asked for.
func (p Preferences) Zone() *time.Location {
	zone, _ := zoneNamed(p.Timezone)
	return zone
}

// Applied lists preferences in the order PostgREST echoes those it honours.
func (p Preferences) Applied() string {
	var out []string
	for _, it := range [...]Pair{{"resolution", p.Resolution}, {"missing", p.Missing}, {"return", p.Return}, {"count", p.Count},
		{"tx", p.Tx}, {"handling", p.Handling}, {"timezone", p.Timezone}, {"max-affected", p.MaxAffected}} {
		if it.Text != "" {
			out = append(out, it.Key+"="+it.Text)
		}
	}
	return strings.Join(out, ", ")
}

// zones keeps the time zones that were asked for; only existing names enter it.
var zones sync.Map

func zoneNamed(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), true
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	zones.Store(name, z)
	return z, true
}
