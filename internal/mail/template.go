package mail

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	text "text/template"

	"golang.org/x/text/language"

	"github.com/socle-hq/socle/internal/schema"
)

// Templates are the built-in messages with the project's own over them. They do not change and are safe for concurrent use.
type Templates struct {
	own, builtin map[key]*entry
}

// key is what an entry is for. The language is empty for a project's file that names none.
type key struct {
	kind Kind
	lang string
}

// entry is one message in one language.
type entry struct {
	subject, text *text.Template
	html          *html.Template // nil: made from the text
	lang          string
}

//go:embed builtin/*.txt
var builtinFiles embed.FS

var builtin = sync.OnceValues(func() (map[key]*entry, schema.Problems) {
	sub, err := fs.Sub(builtinFiles, "builtin")
	if err != nil {
		return nil, schema.Problems{{Message: err.Error()}}
	}
	return load(sub, ".")
})

// Folder is where a project's own templates are.
const Folder = "mail"

// LoadTemplates reads mail/<kind>.txt and .html, mail/<kind>.<lang>.txt and .html of a project; a nil fsys has none. Every
// template is tried with sample data. Where problems has an error the templates are those that are right.
func LoadTemplates(fsys fs.FS) (*Templates, schema.Problems) {
	base, problems := builtin()
	t := &Templates{builtin: base}
	if fsys != nil {
		own, more := load(fsys, Folder)
		t.own, problems = own, append(slices.Clone(problems), more...)
	}
	return t, problems
}

// Kinds lists every kind of message, those with a link first.
func (t *Templates) Kinds() []Kind { return slices.Clone(kinds) }

// Sample is data to show a message of the kind with.
func (t *Templates) Sample(kind Kind) Data { return sample(kind) }

// Languages lists the languages that some message is written in.
func (t *Templates) Languages() []string {
	found := map[string]bool{}
	for _, m := range []map[key]*entry{t.builtin, t.own} {
		for k := range m {
			if k.lang != "" {
				found[k.lang] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Source says where the message for a reader is written: the project's file, or "built in".
func (t *Templates) Source(kind Kind, locale string) string {
	if e := t.find(kind, locale); e != nil && strings.HasPrefix(e.text.Name(), Folder+"/") {
		return e.text.Name()
	}
	return "built in"
}

// Render makes a message to d.Email. The locale is a BCP 47 tag; where there is no message in that language, or the tag is
// empty or none, it is in English.
func (t *Templates) Render(kind Kind, locale string, d Data) (Message, error) {
	e := t.find(kind, locale)
	if e == nil {
		return Message{}, fmt.Errorf("mail: there is no message %q", kind)
	}
	if err := d.checkAddresses(); err != nil {
		return Message{}, err
	}
	m, err := e.render(d.clean())
	if err != nil {
		return Message{}, fmt.Errorf("mail: %s: %w", kind, err)
	}
	m.Kind = kind
	return m, m.check()
}

// find looks for the reader's language among the project's messages, then for the project's message that names no language,
// then among the built-in ones; English comes last.
func (t *Templates) find(kind Kind, locale string) *entry {
	wanted := languages(locale)
	tries := make([]*entry, 0, 2*len(wanted)+3)
	for _, lang := range wanted {
		tries = append(tries, t.own[key{kind, lang}])
	}
	tries = append(tries, t.own[key{kind, ""}])
	for _, lang := range wanted {
		tries = append(tries, t.builtin[key{kind, lang}])
	}
	tries = append(tries, t.own[key{kind, "en"}], t.builtin[key{kind, "en"}])
	for _, e := range tries {
		if e != nil {
			return e
		}
	}
	return nil
}

// languages are a locale and what stands above it, the nearest first: fr-CA, fr.
func languages(locale string) (out []string) {
	tag, err := language.Parse(locale)
	if err != nil {
		return nil
	}
	for ; tag != language.Und; tag = tag.Parent() {
		out = append(out, tag.String())
	}
	return out
}

func (e *entry) render(d Data) (Message, error) {
	m := Message{To: d.Email, Locale: e.lang, Link: d.Link, Code: d.Code}
	var err error
	if m.Subject, err = run(e.subject, d); err != nil {
		return m, err
	}
	if m.Text, err = run(e.text, d); err != nil {
		return m, err
	}
	m.Subject, m.Text = strings.TrimSpace(m.Subject), tidy(m.Text)
	if e.html == nil {
		m.HTML, err = derive(m, d.Project)
	} else {
		m.HTML, err = run(e.html, d)
	}
	return m, err
}

// run executes a template of either kind.
func run(t interface {
	Execute(w io.Writer, data any) error
}, d Data) (string, error) {
	var out bytes.Buffer
	err := t.Execute(&out, d)
	return out.String(), err
}

// tidy leaves one blank line where conditions left several, and none at the ends.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	s = strings.Trim(strings.Join(lines, "\n"), "\n")
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return s + "\n"
}
