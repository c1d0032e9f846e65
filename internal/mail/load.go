package mail

import (
	"errors"
	html "html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	text "text/template"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/socle-hq/socle/internal/schema"
)

// largest is how long a template may be, in bytes.
const largest = 256 << 10

// loader reads the templates of one folder.
type loader struct {
	fsys     fs.FS
	found    map[key]*entry
	problems schema.Problems
}

func load(fsys fs.FS, folder string) (map[key]*entry, schema.Problems) {
	l := &loader{fsys: fsys, found: map[key]*entry{}}
	files, err := fs.ReadDir(fsys, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.problems.Add(schema.Pos{File: folder}, "make it a folder that can be read, or remove it", "the templates of mail cannot be read")
	}
	for _, ending := range []string{".txt", ".html"} { // a text first: HTML hangs on it
		for _, f := range files {
			if !f.IsDir() && path.Ext(f.Name()) == ending && !strings.HasPrefix(f.Name(), ".") {
				l.file(path.Join(folder, f.Name()), ending)
			}
		}
	}
	return l.found, l.problems
}

// file reads one template.
func (l *loader) file(name, ending string) {
	k, ok := l.key(name, ending)
	if !ok {
		return
	}
	body, ok := l.read(name)
	switch {
	case !ok:
	case ending == ".txt":
		l.text(k, name, body)
	case l.found[k] != nil:
		l.html(k, name, body)
	case !l.exists(strings.TrimSuffix(name, ending) + ".txt"):
		l.problems.Add(schema.Pos{File: name, Line: 1, Column: 1}, "write the same as text in "+strings.TrimSuffix(name, ending)+".txt; its first line is the subject",
			"this message has no text part")
	}
}

func (l *loader) exists(name string) bool {
	_, err := fs.Stat(l.fsys, name)
	return err == nil
}

// key takes a file's name apart: <kind>.txt or <kind>.<lang>.txt.
func (l *loader) key(name, ending string) (key, bool) {
	kind, lang, named := strings.Cut(strings.TrimSuffix(path.Base(name), ending), ".")
	at := schema.Pos{File: name}
	if !slices.Contains(kinds, Kind(kind)) {
		l.problems.Add(at, "messages are "+strings.Join(kindNames(), ", "), "there is no message %q%s", kind, schema.DidYouMean(kind, kindNames()))
		return key{}, false
	}
	if !named {
		return key{Kind(kind), ""}, true
	}
	tag, err := language.Parse(lang)
	if err != nil || tag == language.Und {
		l.problems.Add(at, "name the file as "+kind+".fr"+ending+", or "+kind+ending+" for every language", "%q is not a language", lang)
		return key{}, false
	}
	if tag.String() != lang {
		l.problems.Add(at, "rename it to "+kind+"."+tag.String()+ending, "the language %q is written %s", lang, tag)
		return key{}, false
	}
	return key{Kind(kind), lang}, true
}

// read gives a file's text with plain line ends.
func (l *loader) read(name string) (string, bool) {
	at := schema.Pos{File: name}
	f, err := l.fsys.Open(name)
	if err != nil {
		l.problems.Add(at, "make it a file that can be read", "the template cannot be read")
		return "", false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largest+1))
	switch {
	case err != nil:
		l.problems.Add(at, "make it a file that can be read", "the template cannot be read")
	case len(data) > largest:
		l.problems.Add(at, "mail programs cut off what is longer than about 100 kB", "the template is larger than 256 KiB")
	case !utf8.Valid(data):
		l.problems.Add(at, "save it as UTF-8", "the template is not UTF-8")
	default:
		return strings.TrimPrefix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\ufeff"), true
	}
	return "", false
}

// text reads a text part: `Subject: …`, a blank line, the body. The body keeps its place in the file, so that what is said of
// it names the right line.
func (l *loader) text(k key, name, body string) {
	first, rest, _ := strings.Cut(body, "\n")
	label, subject, _ := strings.Cut(first, ":")
	if !strings.EqualFold(strings.TrimSpace(label), "subject") || strings.TrimSpace(subject) == "" {
		l.problems.Add(schema.Pos{File: name, Line: 1, Column: 1}, "begin with `Subject: Welcome to {{.Project}}` and a blank line", "the first line is not the subject")
		return
	}
	if blank, _, _ := strings.Cut(rest, "\n"); strings.TrimSpace(blank) != "" {
		l.problems.Add(schema.Pos{File: name, Line: 2, Column: 1}, "leave the second line empty", "there is no blank line after the subject")
		return
	}
	funcs := text.FuncMap{"span": span(k.lang)}
	parse := func(body string) *text.Template {
		t, err := text.New(name).Funcs(funcs).Option("missingkey=error").Parse(body)
		l.mistake(name, err)
		return t
	}
	// Blanks in the place of the label keep columns.
	e := &entry{subject: parse(strings.Repeat(" ", utf8.RuneCountInString(label)+1) + subject), text: parse("\n" + rest), lang: k.lang}
	if e.subject != nil && e.text != nil && l.try(k, name, e) {
		l.found[k] = e
	}
}

func (l *loader) html(k key, name, body string) {
	t, err := html.New(name).Funcs(html.FuncMap{"span": span(k.lang)}).Option("missingkey=error").Parse(body)
	if l.mistake(name, err) {
		return
	}
	e := *l.found[k]
	if e.html = t; l.try(k, name, &e) {
		l.found[k] = &e
	}
}

// try renders a message as it is shown in previews, and with as little as there can be.
func (l *loader) try(k key, name string, e *entry) bool {
	full := sample(k.kind)
	least := full
	least.Name, least.SiteURL, least.NewEmail = "", "", ""
	if least.Link != "" {
		least.Code = ""
	}
	for _, d := range []Data{full, least} {
		m, err := e.render(d)
		if err == nil {
			err = m.check()
		}
		if l.mistake(name, err) {
			return false
		}
	}
	return true
}

var (
	place     = regexp.MustCompile(`^(?:html/)?template: ?([^:]+):(\d+)(?::(\d+))?: (?s)(.*)$`)
	executing = regexp.MustCompile(`^executing "[^"]*" at <(?s)(.*?)>: (.*)$`)
	noField   = regexp.MustCompile(`can't evaluate field (\w+) in type mail\.Data`)
	noEntry   = regexp.MustCompile(`map has no entry for key "([^"]*)"`)
)

var variables = []string{"Project", "SiteURL", "Link", "Code", "Email", "NewEmail", "Name", "Minutes", "Extra"}

// mistake reports what package template has to say about a file, in the project's terms.
func (l *loader) mistake(name string, err error) bool {
	if err == nil {
		return false
	}
	at, message := schema.Pos{File: name, Line: 1, Column: 1}, err.Error()
	if m := place.FindStringSubmatch(message); m != nil {
		at.Line, _ = strconv.Atoi(m[2])
		if column, err := strconv.Atoi(m[3]); err == nil {
			at.Column = column + 1
		}
		message = m[4]
	}
	if m := executing.FindStringSubmatch(message); m != nil {
		message = m[2]
	}
	hint := "docs/mail.md has the variables and the form of a template"
	if m := noField.FindStringSubmatch(message); m != nil {
		message = "there is no variable ." + m[1] + schema.DidYouMean(m[1], variables)
		hint = "variables are ." + strings.Join(variables, ", .")
	} else if m := noEntry.FindStringSubmatch(message); m != nil {
		message = ".Extra has no " + strconv.Quote(m[1]) + " in messages of this kind"
		hint = "write {{with index .Extra " + strconv.Quote(m[1]) + "}}…{{end}} for what may be missing"
	}
	l.problems.Add(at, hint, "%s", strings.TrimPrefix(message, "mail: "))
	return true
}
