package httpapi

import (
	"slices"
	"testing"
)

func TestARouteThatDoesNotSayWhoMayCallItStopsTheStart(t *testing.T) {
	t.Parallel()
	serve := func(*call) {}
	for name, r := range map[string]route{
		"no caller":  {prefix: []string{"x"}, serve: serve},
		"no handler": {prefix: []string{"x"}, who: everyone},
	} {
		if err := declared([]route{{who: keyed, serve: serve}, r}); err == nil {
			t.Errorf("%s: starts", name)
		}
	}
	if err := declared((&server{}).table()); err != nil {
		t.Error(err)
	}
}

func TestPathsAreSplitBeforeTheyAreDecoded(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/": nil, "": nil, "/a/b": {"a", "b"}, "/a/": {"a"}, "/a%2Fb": {"a/b"}, "/%D8%AA": {"ت"}, "/a%20b": {"a b"},
	} {
		if got, ok := split(path); !ok || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", path, got, ok)
		}
	}
	for _, path := range []string{"//", "/a//b", "/a/../b", "/./a", "/a/%2e%2E/b", "/%2e", "/a\\b", "/%zz", "/a//"} {
		if got, ok := split(path); ok {
			t.Errorf("%q: %q", path, got)
		}
	}
}

func TestGzipIsForThoseWhoAcceptIt(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip;q=0": false, "*": true, "*;q=0": false,
		"br": false, "identity, *;q=0.1": true, "gzip;q=0, *": false,
	} {
		if got := acceptsGzip(map[string][]string{"Accept-Encoding": {accept}}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}
