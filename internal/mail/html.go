package mail

import (
	_ "embed"
	html "html/template"
	"strings"
)

//go:embed layout.html
var layoutText string

var layout = html.Must(html.New("layout").Parse(layoutText))

// block is a paragraph of a text, as HTML shows it.
type block struct {
	Lines []string // of a plain paragraph
	Label string   // what stands above a link or a code
	URL   string
	Code  string
}

// derive makes the HTML part of a message that has only text. A line that is the link and nothing else, or the code, may have
// a line of its own above that says what it is for: that becomes a button, or a code set large. No other address becomes a
// link, whatever the text says.
func derive(m Message, project string) (string, error) {
	var out strings.Builder
	err := layout.Execute(&out, struct {
		Lang, Subject, Project string
		Blocks                 []block
	}{m.Locale, m.Subject, project, blocks(m)})
	return out.String(), err
}

func blocks(m Message) (out []block) {
	for _, paragraph := range strings.Split(strings.TrimSpace(m.Text), "\n\n") {
		out = append(out, blockOf(strings.Split(paragraph, "\n"), m))
	}
	return out
}

func blockOf(lines []string, m Message) block {
	last := lines[len(lines)-1]
	if len(lines) > 2 || last == "" {
		return block{Lines: lines}
	}
	label := ""
	if len(lines) == 2 {
		label = lines[0]
	}
	switch last {
	case m.Link:
		return block{Label: strings.TrimRight(label, ": \u00a0\u202f"), URL: last}
	case m.Code:
		return block{Label: label, Code: last}
	}
	return block{Lines: lines}
}
