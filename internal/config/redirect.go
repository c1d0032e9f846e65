package config

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// adviseRedirects warns of patterns in auth.redirects that no place fits: whoever wrote one thinks of more than it says.
func (r *reader) adviseRedirects(list *yamlfile.Node) {
	for _, item := range list.Items {
		if r.opaque[item] || placeholder.MatchString(item.Text) {
			continue
		}
		if why, hint := Futile(item.Text); why != "" {
			r.Problems.Warn(item.Pos, hint, "no address fits %q in auth.redirects: %s", item.Text, why)
		}
	}
}

// Futile says why no place fits a pattern of auth.redirects, and what to write; "" where places may fit.
func Futile(pattern string) (why, hint string) {
	if name, _, _ := strings.Cut(pattern, ":"); Runs(name) {
		return "what it names would be run, or read as a page", "name a page: https://app.example.org/in"
	}
	scheme, rest, ok := strings.Cut(pattern, "://")
	if !ok {
		if strings.Contains(pattern, ":") && !strings.ContainsAny(pattern, "*/.") {
			return "", "" // an address of another form is compared as it is
		}
		return "it has no scheme", "write it whole: " + whole(pattern)
	}
	host, path, _ := strings.Cut(rest, "/")
	web := strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
	switch {
	case rest == "**" && !web:
		return "", ""
	case rest == "" || web && host == "":
		return "it has no host", "name the host: https://app.example.org/**"
	case strings.ContainsAny(rest, "?#"):
		return "a query or a fragment is no part of a pattern", "leave out what begins with ? or #: neither counts"
	case strings.Contains(host, "**"):
		return "`**` never stands for a host, which anybody may have registered", "name the host: https://app.example.org/**, or https://*.example.org/** for all names of one level"
	}
	for _, label := range strings.Split(host, ".") {
		if strings.Count(label, "*") > 1 {
			return "a part of the host has one `*` at most", "such as https://*-preview.example.org/**"
		}
	}
	below, all := strings.CutSuffix(path, "**")
	if all && strings.Contains(below, "*") || !all && strings.Contains(path, "**") {
		return "`**` stands at the end of a path, with no `*` before it", "end the pattern with the first star: https://app.example.org/**"
	}
	for _, segment := range strings.Split(below, "/") {
		if strings.Count(segment, "*") > 1 {
			return "a segment of the path has one `*` at most", "`/**` at the end stands for everything below"
		}
	}
	return "", ""
}

// Runs reports whether an address of a scheme holds what a browser would run, rather than names a place.
func Runs(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript", "blob":
		return true
	}
	return false
}

// whole is what somebody may have meant who left the scheme out, and the host where a path is all there is.
func whole(pattern string) string {
	host, path, _ := strings.Cut(pattern, "/")
	switch {
	case host == "" && !strings.HasPrefix(path, "/"):
		return "https://app.example.org" + pattern
	case strings.ContainsAny(host, ".:"):
		return "https://" + pattern
	case host == "":
		return "https:" + pattern
	}
	return "https://app.example.org/in"
}
