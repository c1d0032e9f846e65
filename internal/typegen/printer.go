package typegen

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// printer writes indented lines.
type printer struct {
	text  strings.Builder
	depth int
}

func (p *printer) line(format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	if text != "" {
		p.text.WriteString(strings.Repeat("  ", p.depth) + text)
	}
	p.text.WriteByte('\n')
}

// block writes what is inside one step further in.
func (p *printer) block(open, end string, inside func()) {
	p.line("%s", open)
	p.depth++
	inside()
	p.depth--
	p.line("%s", end)
}

// remark writes sentences as the documentation of what follows; empty ones are left out.
func (p *printer) remark(sentences ...string) {
	var lines []string
	for _, s := range sentences {
		s = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "*/", `*\/`))
		if s != "" {
			lines = append(lines, strings.Split(s, "\n")...)
		}
	}
	switch len(lines) {
	case 0:
		return
	case 1:
		p.line("/** %s */", strings.TrimSpace(lines[0]))
		return
	}
	p.line("/**")
	for _, l := range lines {
		p.line("%s", strings.TrimRight(" * "+strings.TrimSpace(l), " "))
	}
	p.line(" */")
}

var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// property is a name as a member of a type.
func property(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return quote(name)
}

// quote is a text as a literal.
func quote(text string) string { return string(value.AppendJSONString(nil, text)) }

// quoted are texts as literals, joined.
func quoted(texts []string, between string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = quote(t)
	}
	return strings.Join(out, between)
}
