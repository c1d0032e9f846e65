package account

import "testing"

func TestWhereLinksMayEnd(t *testing.T) {
	t.Parallel()
	s := Settings{PublicURL: "https://api.example.org", Redirects: []string{"https://App.Example.org/**", "https://*.preview.example/in", "https://b\u00fccher.example/**",
		"myapp://**", "other://done", "https://**", "HTTPS://upper.example/*", "javascript:alert(1)", "data:text/html,in"}}
	for place, want := range map[string]bool{
		"https://api.example.org/x":                    true,
		"https://app.example.org/in":                   true,
		"https://APP.example.ORG/in":                   true,
		"HTTPS://App.Example.org/in":                   true,
		"https://upper.example/x":                      true,
		"https://a.preview.example/in":                 true,
		"https://A.Preview.Example/in":                 true,
		"https://b\u00fccher.example/in":               true,
		"https://a.b.preview.example/in":               false,
		"https://evil.test%2e.preview.example/in":      false,
		"https://evil%E3%80%82test.preview.example/in": false,
		"https://%61pp.example.org/in":                 false,
		"https://evil\u3002test.preview.example/in":    false,
		"https://evil\uff0etest.preview.example/in":    false,
		"https://evil\uff61test.preview.example/in":    false,
		"https://app.example.org%2f.evil.test/in":      false,
		"https://app.example.org/%E3%80%82":            true,
		"https://app.example.org.evil.test/in":         false,
		"https://app.example.org@evil.test/in":         false,
		"https://app.example.org/../in":                false,
		"https://evil.test/in":                         false,
		"http://app.example.org/in":                    false,
		"myapp://callback":                             true,
		"myapp://callback/signed/in?from=mail":         true,
		"MyApp://callback":                             true,
		"myapp:///in":                                  true,
		"myapp://":                                     true,
		"myapp:callback":                               false,
		"myapp://a/../b":                               false,
		"myapp://somebody@callback":                    false,
		"myapp://call%2eback":                          false,
		"myapps://callback":                            false,
		"other://done":                                 true,
		"other://else":                                 false,
		"javascript://callback/%0aalert(1)":            false,
		"javascript:alert(1)":                          false,
		"data:text/html,in":                            false,
	} {
		if got := s.Allows(place); got != want {
			t.Errorf("%s: %t, want %t", place, got, want)
		}
	}
}

func TestWhereLinksEndThatNameNoPlace(t *testing.T) {
	t.Parallel()
	const public = "https://api.example.org"
	for _, c := range []struct {
		redirects  []string
		home, site string
	}{
		{nil, public, public},
		{[]string{"https://app.example.org/**"}, public, public},
		{[]string{"https://app.example.org/**", "https://app.example.org/in"}, "https://app.example.org/in", "https://app.example.org/in"},
		{[]string{"myapp://in"}, "myapp://in", public},
		{[]string{"myapp://in", "https://app.example.org"}, "myapp://in", "https://app.example.org"},
		{[]string{"app.example.org/in", "/in", "ftp//x", "javascript:alert(1)", "https://app.example.org/a b"}, public, public},
		{[]string{"https:///in"}, "https:///in", public},
	} {
		s := Settings{PublicURL: public, Redirects: c.redirects}
		if home, site := s.Home(), s.Site(); home != c.home || site != c.site {
			t.Errorf("%q: links end at %s and mail names %s, want %s and %s", c.redirects, home, site, c.home, c.site)
		}
	}
}
