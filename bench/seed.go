package main

import (
	"bufio"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

//go:embed project
var declared embed.FS

// writeProject puts the benchmark's project into a folder.
func writeProject(dir string) error {
	files, err := fs.Sub(declared, "project")
	if err != nil {
		return err
	}
	return os.CopyFS(dir, files)
}

// line is one row as NDJSON; the texts need no escapes.
type line struct{ text []byte }

func (l *line) member(name, value string) { l.raw(name, strconv.Quote(value)) }

func (l *line) raw(name, value string) {
	sep := byte(',')
	if len(l.text) == 0 {
		sep = '{'
	}
	l.text = append(append(append(l.text, sep, '"'), name...), '"', ':')
	l.text = append(l.text, value...)
}

const stampForm = "2006-01-02T15:04:05Z"

func (s sizes) write(dir string) error {
	return errors.Join(writePeople(dir), s.writeArticles(dir), writeLines(dir, "notes", s.notes, itemLine(notes, "owner_id", nil)),
		s.writeTickets(dir), s.writeComments(dir))
}

// writePeople writes members, projects, and who is in which.
func writePeople(dir string) error {
	return errors.Join(
		writeLines(dir, "members", people, func(i int, l *line) {
			l.member("id", key(members, i))
			l.member("name", "Member "+strconv.Itoa(i))
		}),
		writeLines(dir, "projects", projects, func(i int, l *line) {
			l.member("id", key(teams, i))
			l.member("key", teamKey(i))
			l.member("name", teamName(i))
		}),
		writeLines(dir, "project_members", people*projects, func(i int, l *line) {
			if belongsTo(i/projects, i%projects) {
				l.member("project_id", key(teams, i%projects))
				l.member("user_id", key(members, i/projects))
			}
		}))
}

func (s sizes) writeArticles(dir string) error {
	return writeLines(dir, "articles", s.articles, itemLine(articles, "project_id", nil))
}

func (s sizes) writeTickets(dir string) error {
	return writeLines(dir, "tickets", s.tickets, itemLine(tickets, "project_id", nil))
}

func (s sizes) writeComments(dir string) error {
	return writeLines(dir, "comments", s.comments, func(i int, l *line) {
		r := s.remarkOf(i)
		l.member("id", r.id)
		l.member("article_id", r.article)
		l.member("author_id", r.author)
		l.member("body", r.body)
		l.member("created_at", r.at.Format(stampForm))
	})
}

func teamKey(i int) string  { return "P" + string(rune('A'+i)) }
func teamName(i int) string { return "Project " + strconv.Itoa(i) }

// itemLine writes items; of gives what they belong to, where that is not what itemOf says.
func itemLine(t table, belongs string, of func(i int) string) func(int, *line) {
	return func(i int, l *line) {
		r := itemOf(t, i)
		if of != nil {
			r.belongs = of(i)
		}
		l.member("id", r.id)
		if belongs != "" {
			l.member(belongs, r.belongs)
		}
		l.raw("number", strconv.Itoa(r.number))
		l.member("title", r.title)
		l.member("body", r.body)
		l.member("status", r.status)
		l.member("priority", r.priority)
		l.member("created_at", r.at.Format(stampForm))
	}
}

// writeLines writes a file of n rows; a row without members is left out.
func writeLines(dir, collection string, n int, fill func(int, *line)) error {
	if n == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, collection+".ndjson"))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var l line
	for i := range n {
		l.text = l.text[:0]
		if fill(i, &l); len(l.text) > 0 {
			_, _ = w.Write(append(l.text, '}', '\n')) // Flush gives its error
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// stamp is the wire's form of an instant.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999-07:00") }
