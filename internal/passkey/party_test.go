package passkey_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/passkey"
)

func TestASiteIsNamedByItsPublicURL(t *testing.T) {
	t.Parallel()
	for url, id := range map[string]string{
		"https://example.org": "example.org", "https://App.Example.org:8443/base/": "app.example.org", "http://localhost:8090": "localhost",
		"http://team.localhost": "team.localhost", "https://xn--bcher-kva.example": "xn--bcher-kva.example",
	} {
		p, err := passkey.NewParty("", url, nil)
		if err != nil || p.ID() != id {
			t.Errorf("%s: %v, %v", url, p, err)
		}
	}
}

func TestASettingThatCannotWorkIsSaidWithTheRemedy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url, origin string
		says        []string
	}{
		{"", "", []string{"public_url", "https://your.domain", "http://localhost:8090"}},
		{"example.org", "", []string{"public_url", `"example.org" is not the URL of a site`}},
		{"http://example.org", "", []string{"public_url", "https only", `"http://example.org" is neither`}},
		{"http://127.0.0.1:8090", "", []string{"public_url", "127.0.0.1:8090", "write http://localhost"}},
		{"https://192.0.2.1", "", []string{"public_url", `"192.0.2.1"`, "set it to https://your.domain"}},
		{"https://intranet", "", []string{"public_url", `"intranet"`}},
		{"https://bücher.example", "", []string{"public_url"}},
		{"https://ann:secret@example.org", "", []string{"public_url", "ann:xxxxx@"}},
		{site, "app.example.org", []string{`the origin "app.example.org"`, "https://your.domain"}},
		{site, "ftp://example.org", []string{`the origin "ftp://example.org"`, "https only"}},
		{site, "http://app.example.org", []string{"the origin", "https only"}},
		{site, "https://app.example.org?x=1", []string{"the origin", "more than the URL of a site"}},
		{site, "https://*.example.org", []string{"the origin", "exact names", "each"}},
	} {
		var origins []string
		if c.origin != "" {
			origins = []string{c.origin}
		}
		p, err := passkey.NewParty("Team", c.url, origins)
		if err == nil || p != nil {
			t.Errorf("%s, %s: accepted", c.url, c.origin)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s, %s: %v; nothing of %q", c.url, c.origin, err, says)
			}
		}
	}
}

// Browsers let pages of other domains use a site's passkeys where the site says so.
func TestOtherDomainsAreSaidToBrowsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		origins []string
		want    string
	}{
		{nil, ""},
		{[]string{below, site + ":443/", site}, ""},
		{[]string{below, "https://example.net/sign-in", "https://example.net"}, `{"origins":["https://example.org","https://app.example.org:8443","https://example.net"]}`},
		{[]string{"https://notexample.org"}, `{"origins":["https://example.org","https://notexample.org"]}`},
	} {
		p, err := passkey.NewParty("Team", site, c.origins)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.RelatedOrigins()); got != c.want {
			t.Errorf("%v: %s", c.origins, got)
		}
	}
	many := []string{"https://a.test", "https://b.test", "https://c.test", "https://d.test", "https://e.test"}
	if _, err := passkey.NewParty("Team", site, many); err == nil || !strings.Contains(err.Error(), "so many domains (browsers take 5)") {
		t.Errorf("six domains: %v", err)
	}
}
