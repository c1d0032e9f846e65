package config_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/config"
)

// Whatever the file says, there is either a config or an error, never both and never a panic; and what is accepted
// without an environment is not refused for its shape with one.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("name: x\nlimits: { body: 9223372036854775807GiB, statement_timeout: 99999999999d }"))
	f.Add([]byte("name: ${A}${B}\ncors: [\"${A}\", '*']\nmail: {smtp: ${A}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, e := range []config.Env{nil, env("A", "1", "B", "https://b.test")} {
			c, problems := config.Parse(data, e)
			if (c == nil) != problems.Failed() {
				t.Fatalf("config %v with problems %v", c != nil, problems)
			}
			if c != nil && (c.Name == "" && e != nil || c.Limits.Rows < 1 || c.Limits.Body < 1 || c.Limits.Statement <= 0 || c.Limits.Tree < 1) {
				t.Fatalf("%+v", c)
			}
		}
	})
}
