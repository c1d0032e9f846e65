package roster_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/roster"
)

// read reads a file to its end: the accounts' addresses by line, and what was wrong.
func read(t *testing.T, f roster.Form, text string) (accounts []string, lines []int, wrong []string) {
	t.Helper()
	r, err := roster.Open(f, strings.NewReader(text), nil)
	if err != nil {
		return nil, nil, []string{err.Error()}
	}
	for {
		a, err := r.Next()
		var m *roster.Mistake
		switch {
		case errors.Is(err, io.EOF):
			return accounts, lines, wrong
		case errors.As(err, &m):
			wrong = append(wrong, m.Error())
		case err != nil:
			return accounts, lines, append(wrong, err.Error())
		default:
			accounts, lines = append(accounts, a.Email), append(lines, a.Line)
		}
	}
}

func TestAccountsAreReadWithTheirLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form  roster.Form
		text  string
		lines []int
		wrong string
	}{
		{roster.Plain, "{\"email\":\"a@x.org\"}\n\n{\"email\":\"b@x.org\"}\n", []int{1, 3}, ""},
		{roster.Plain, "[\n{\"email\":\"a@x.org\"},\n{\n\"email\":\"b@x.org\"}]", []int{2, 3}, ""},
		{roster.Plain, "\xef\xbb\xbf{\"email\":\"a@x.org\"}", []int{1}, ""},
		{roster.Plain, "", nil, ""},
		{roster.Plain, "{\"email\":\"a@x.org\"}\n{\"email\":7}\n{\"email\":\"c@x.org\"}", []int{1, 3}, "line 2: email is not a text"},
		{roster.Plain, "{\"email\":\"a@x.org\"}\n{\"email\"", []int{1}, "this is not JSON"},
		{roster.Plain, "[{\"email\":\"a@x.org\"}", []int{1}, "this is not JSON"},
		{roster.Plain, "email,id\n", nil, "neither lines"},
		{roster.Plain, "[7]", nil, "line 1: this is not a JSON object"},
		{roster.Firebase, "{\"kind\":\"x\",\"users\":[\n{\"email\":\"a@x.org\",\"localId\":\"1\"},\n{\"email\":\"b@x.org\",\"passwordHash\":\"aa\"}]}", []int{2}, "line 3: its password needs"},
		{roster.Firebase, "{\"accounts\":[]}", nil, "no list \"users\""},
		{roster.Firebase, "[{\"email\":\"a@x.org\",\"createdAt\":\"soon\"}]", nil, "createdAt is not a number"},
		{roster.PocketBase, "[{\"email\":\"a@x.org\",\"verified\":\"perhaps\"}]", nil, "verified is neither true nor false"},
		{roster.Supabase, "id,email\n1,a@x.org\n2,\"b\n@x.org\"\n3,c@x.org,more\n4,d@x.org\n", []int{2, 3, 6}, "line 5: the row has 3 cells"},
		{roster.Supabase, "{\"email\":\"a@x.org\",\"deleted_at\":\"2024-01-01\"}\n{\"email\":\"b@x.org\",\"created_at\":\"then\"}", nil, "created_at is not an instant"},
	} {
		_, lines, wrong := read(t, c.form, c.text)
		said := strings.Join(wrong, "\n")
		if len(lines) != len(c.lines) || c.wrong == "" && said != "" || !strings.Contains(said, c.wrong) {
			t.Errorf("%s %q: lines %v, wrong %q", c.form, c.text, lines, said)
			continue
		}
		for i := range lines {
			if lines[i] != c.lines[i] {
				t.Errorf("%s %q: lines %v, want %v", c.form, c.text, lines, c.lines)
			}
		}
	}
}

func TestHashParametersAreReadAsTheConsoleShowsThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: a+/b==,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}",
		`{"base64_signer_key": "a+/b==", "base64_salt_separator": "Bw==", "rounds": 8, "mem_cost": 14}`,
	} {
		h, err := roster.ReadHashConfig([]byte(text))
		if err != nil || *h != (roster.HashConfig{SignerKey: "a+/b==", Separator: "Bw==", Rounds: 8, Memory: 14}) {
			t.Errorf("%s: %+v, %v", text, h, err)
		}
	}
	for _, text := range []string{"", "rounds: 8", "algorithm: BCRYPT, base64_signer_key: a, rounds: 8, mem_cost: 14"} {
		if _, err := roster.ReadHashConfig([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
