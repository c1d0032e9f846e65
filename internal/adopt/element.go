package adopt

import (
	"slices"
	"strings"
)

// element is one line of a file that may have to give way: as a whole, or before that some of its members.
type element struct {
	key      string // of an entry in a mapping; "" in a list
	members  []member
	text     string   // instead of members
	short    bool     // a lone type is written alone
	yielding []string // members it can do without, the first to go first
	instead  []member // what stands for `ref`, when that goes
	what     string   // how notes call it
	gone     bool
}

func (e *element) set(name, value string) { e.members = append(e.members, member{name, value}) }

func (e *element) has(name string) bool {
	return slices.ContainsFunc(e.members, func(m member) bool { return m.name == name })
}

// line is the element as YAML.
func (e *element) line() string {
	text := e.text
	if text == "" {
		text = mapping(e.members, e.short)
	}
	if e.key == "" {
		return "- " + text
	}
	return mapKey(e.key) + ": " + text
}

// mapKey is a key of a mapping, in quotes where YAML would read another value.
func mapKey(key string) string {
	if words.MatchString(key) {
		return `"` + key + `"`
	}
	return key
}

// retreat takes away what a problem is about, and says what that was: a member the problem names, the next one that can be missed,
// or the whole.
func (e *element) retreat(problem string) string {
	left := slices.DeleteFunc(slices.Clone(e.yielding), func(name string) bool { return !e.has(name) })
	named := slices.IndexFunc(left, func(name string) bool { return strings.Contains(problem, name) })
	if len(left) == 0 {
		e.gone = true
		return e.what + " is left out"
	}
	name := left[max(named, 0)]
	at := slices.IndexFunc(e.members, func(m member) bool { return m.name == name })
	text := e.members[at].value
	e.members = slices.Delete(e.members, at, at+1)
	if name == "ref" {
		e.members = append(slices.Clone(e.instead), e.members...)
		e.members = slices.DeleteFunc(e.members, func(m member) bool { return m.name == "on_delete" })
	}
	return e.what + ": `" + name + ": " + text + "` is left out"
}
