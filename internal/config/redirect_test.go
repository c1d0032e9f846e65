package config_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/config"
)

func TestAPatternThatNoAddressFitsIsWarnedOf(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"https://**":                     "never stands for a host",
		"http://**/x":                    "never stands for a host",
		"https://**.example.org/**":      "never stands for a host",
		"https://*-*.example.org/":       "one `*` at most",
		"https://app.example.org/**/in":  "at the end of a path",
		"https://app.example.org/*/x/**": "at the end of a path",
		"https://app.example.org/a*b*":   "one `*` at most",
		"https://app.example.org/?a=b":   "a query or a fragment",
		"https:///in":                    "no host",
		"app.example.org/**":             "no scheme",
		"/in":                            "no scheme",
		"//app.example.org/in":           "no scheme",
		"ftp//x":                         "no scheme",
		"javascript:alert(1)":            "would be run",
		"JavaScript://x/%0aalert(1)":     "would be run",
		"data:text/html,in":              "would be run",
		"https://app.example.org":        "",
		"https://app.example.org/**":     "",
		"https://*.example.org/in/*":     "",
		"http://localhost:5173/**":       "",
		"https://app.example.org/in**":   "",
		"myapp://**":                     "",
		"myapp://in":                     "",
	} {
		c, problems := config.Parse([]byte("name: app\nauth:\n  redirects: [ \""+pattern+"\" ]\n"), nil)
		if c == nil {
			t.Fatalf("%s: %s", pattern, problems)
		}
		if said := problems.String(); (want == "") != (said == "") || !strings.Contains(said, want) || want != "" && !strings.Contains(said, "socle.yaml:3:16") {
			t.Errorf("%s: %q, want %q", pattern, said, want)
		}
	}
}

func TestWhatToWriteForAPatternWithoutAScheme(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"app.example.org/**":   "https://app.example.org/**",
		"localhost:5173/in":    "https://localhost:5173/in",
		"//app.example.org/in": "https://app.example.org/in",
		"/in":                  "https://app.example.org/in",
		"ftp//x":               "https://app.example.org/in",
		"in":                   "https://app.example.org/in",
	} {
		if _, hint := config.Futile(pattern); hint != "write it whole: "+want {
			t.Errorf("%s: %q, want %s", pattern, hint, want)
		}
	}
}
