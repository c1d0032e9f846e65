package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/text/language"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/mail"
)

type mailCommand struct {
	Preview mailPreviewCommand `cmd:"" help:"Show every message as it would be sent, with sample data."`
}

type mailPreviewCommand struct {
	Dir   string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
	Kind  string `help:"One kind of message alone, whole." placeholder:"KIND"`
	Lang  string `help:"For a reader of this language alone, such as fr." placeholder:"LANG"`
	Out   string `help:"Write the messages into this folder, as text and HTML." placeholder:"DIR" type:"path"`
	Force bool   `help:"Replace files that are there."`
}

// preview is one message that is shown. The language is empty for one that names none.
type preview struct {
	mail.Message
	source string
}

// Run lists the messages, prints those of one kind, or writes them to files. It sends nothing and needs no server.
func (c *mailPreviewCommand) Run(s *session) error {
	project, fsys, problems, err := app.Read(c.Dir, nil, s.clock)
	if err != nil {
		return err
	}
	if project == nil {
		return &app.Invalid{FS: fsys, Problems: problems}
	}
	kinds := project.Mail.Kinds()
	if c.Kind != "" {
		if !slices.Contains(kinds, mail.Kind(c.Kind)) {
			return usage{fmt.Errorf("--kind is one of %s, not %q", names(kinds), c.Kind)}
		}
		kinds = []mail.Kind{mail.Kind(c.Kind)}
	}
	if _, err := language.Parse(c.Lang); c.Lang != "" && err != nil {
		return usage{fmt.Errorf("--lang is a language such as fr or pt-BR, not %q", c.Lang)}
	}
	previews, err := c.render(project, kinds)
	if err != nil {
		return err
	}
	switch {
	case c.Out != "":
		return c.write(s, previews)
	case c.Kind != "":
		return show(s, previews)
	}
	return list(s, previews)
}

func names(kinds []mail.Kind) string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return strings.Join(out, ", ")
}

// render makes each message once: a language without a text of its own is shown only where it was asked for.
func (c *mailPreviewCommand) render(p *app.Project, kinds []mail.Kind) (out []preview, err error) {
	langs := p.Mail.Languages()
	if c.Lang != "" {
		langs = []string{c.Lang}
	}
	for _, kind := range kinds {
		shown := map[string]bool{}
		for _, lang := range langs {
			m, err := p.Mail.Render(kind, lang, sampleOf(p, kind))
			if err != nil {
				return nil, err
			}
			if shown[m.Locale] || c.Lang == "" && m.Locale != "" && m.Locale != lang {
				continue
			}
			shown[m.Locale] = true
			out = append(out, preview{m, p.Mail.Source(kind, lang)})
		}
	}
	return out, nil
}

// sampleOf is sample data with the project's own name and address.
func sampleOf(p *app.Project, kind mail.Kind) mail.Data {
	d := p.Mail.Sample(kind)
	if p.Config.Name != "" {
		d.Project = p.Config.Name
	}
	base, err := url.Parse(p.Config.PublicURL)
	link, errLink := url.Parse(d.Link)
	if err == nil && errLink == nil && d.Link != "" && base.Host != "" {
		link.Scheme, link.Host = base.Scheme, base.Host
		d.Link = link.String()
	}
	return d
}

// name is the message's file without its ending.
func (p preview) name() string {
	if p.Locale == "" {
		return string(p.Kind)
	}
	return string(p.Kind) + "." + p.Locale
}

func list(s *session, previews []preview) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, p := range previews {
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.name(), p.source, p.Subject)
	}
	return w.Flush()
}

func show(s *session, previews []preview) error {
	for i, p := range previews {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if _, err := fmt.Fprintf(s.out, "-- %s (%s)\n%s", p.name(), p.source, p.file()); err != nil {
			return err
		}
	}
	return nil
}

// file is the message in the form of a template's text part.
func (p preview) file() string { return "Subject: " + p.Subject + "\n\n" + p.Text }

// write puts the messages into files, all of them or, where one is in the way, none.
func (c *mailPreviewCommand) write(s *session, previews []preview) error {
	if own, err := filepath.Abs(filepath.Join(c.Dir, mail.Folder)); err != nil || own == filepath.Clean(c.Out) {
		return usage{errors.New("--out is the folder of the templates themselves; nothing was written")}
	}
	files := map[string]string{}
	for _, p := range previews {
		files[filepath.Join(c.Out, p.name()+".txt")], files[filepath.Join(c.Out, p.name()+".html")] = p.file(), p.HTML
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) && !c.Force {
			return usage{fmt.Errorf("%s is there already; nothing was written (--force replaces files)", name)}
		}
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "wrote %s as text and HTML to %s\n", plural(len(previews), "message"), c.Out)
	return nil
}
