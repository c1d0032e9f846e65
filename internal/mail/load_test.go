package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/schema"
)

func TestMistakesInTemplatesAreSaidWithTheirPlace(t *testing.T) {
	t.Parallel()
	const right = "Subject: S\n\nText\n"
	for _, c := range []struct{ name, text, want string }{
		{"invite.txt", "Hello\n", `mail/invite.txt:1:1: the first line is not the subject`},
		{"invite.txt", "", `mail/invite.txt:1:1: the first line is not the subject`},
		{"invite.txt", "Subject:   \n\nText", `mail/invite.txt:1:1: the first line is not the subject`},
		{"invite.txt", "Subject: S\nText\n", `mail/invite.txt:2:1: there is no blank line after the subject`},
		{"invite.txt", "Subject: S\n", `mail/invite.txt:1:1: the message cannot be sent: subject and text must not be empty`},
		{"invite.txt", "Subject: S\n\nOne\n{{.Nmae}}\n", `mail/invite.txt:4:3: there is no variable .Nmae (did you mean "Name"?)`},
		{"invite.txt", "Subject: Hi {{.Nmae}}\n\nOne\n", `mail/invite.txt:1:15: there is no variable .Nmae (did you mean "Name"?)`},
		{"invite.txt", "Subject: S\r\n\r\nOne\r\n{{if .Name}}\r\n", `mail/invite.txt:5:1: unexpected EOF`},
		{"invite.txt", "Subject: S\n\n{{upper .Name}}\n", `mail/invite.txt:3:1: function "upper" not defined`},
		{"invite.txt", "Subject: S\n\n{{if not .Name}}{{.Oops}}{{end}}x\n", `mail/invite.txt:3:19: there is no variable .Oops`},
		{"invite.txt", "Subject: S\n\n{{.Extra.provider}}\n", `mail/invite.txt:3:9: .Extra has no "provider" in messages of this kind`},
		{"invite.txt", "Subject: {{if .Name}}S{{end}}\n\nx\n", `mail/invite.txt:1:1: the message cannot be sent: subject and text must not be empty`},
		{"invite.txt", "Subject: S\n\n\xff\n", `mail/invite.txt: the template is not UTF-8`},
		{"invite.txt", "Subject: S\n\n" + strings.Repeat("x", 256<<10), `mail/invite.txt: the template is larger than 256 KiB`},
		{"invite.de.html", "<p>{{.Name}}</p>", `mail/invite.de.html:1:1: this message has no text part`},
		{"invites.txt", right, `mail/invites.txt: there is no message "invites" (did you mean "invite"?)`},
		{"invite.german.txt", right, `mail/invite.german.txt: "german" is not a language`},
		{"invite.de_at.txt", right, `mail/invite.de_at.txt: the language "de_at" is written de-AT`},
		{"recovery.html", "<p>\n  {{.Link}\n</p>", `mail/recovery.html:2:1: bad character`},
		{"recovery.html", "<p>\n  <b>{{.Lnik}}</b>\n</p>", `mail/recovery.html:2:8: there is no variable .Lnik (did you mean "Link"?)`},
		{"recovery.html", "<p>\n{{if .Name}}<a href=\"{{end}}</p>", `mail/recovery.html:2:6: {{if}} branches end in different contexts`},
	} {
		templates, problems := mail.LoadTemplates(folder(map[string]string{"mail/" + c.name: c.text, "mail/recovery.txt": right}))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), c.want) || problems[0].Hint == "" || !problems.Failed() {
			t.Errorf("%s %.60q: %s\nwant %s", c.name, c.text, problems, c.want)
		}
		if m := render(t, templates, mail.Invite, "", templates.Sample(mail.Invite)); m.Subject != "You are invited to Example" {
			t.Errorf("%s: a wrong template is used: %q", c.name, m.Subject)
		}
	}
}

func TestAllMistakesAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, problems := mail.LoadTemplates(folder(map[string]string{"mail/a.txt": "", "mail/b.html": "", "mail/invite.txt": "x", "mail/recovery.html": "x"}))
	if len(problems) != 4 {
		t.Error(problems)
	}
}

func TestAProjectsPartsAreUsedAsTheyAre(t *testing.T) {
	t.Parallel()
	templates := project(t, map[string]string{
		"mail/recovery.txt":     "subject:  Reset, {{.Name}}\r\n\r\n\r\nHi {{.Name}}\r\n{{if .Code}}\r\n{{end}}\r\n{{.Link}}\r\n",
		"mail/recovery.html":    `<p lang="x">Hi {{.Name}}, <a href="{{.Link}}">go</a> {{span .Minutes}}</p>`,
		"mail/recovery.fr.txt":  "\ufeffSubject: Salut\n\nSalut {{.Name}}\n",
		"mail/README.md":        "not a template",
		"mail/.hidden.txt":      "not one either",
		"mail/drafts/other.txt": "nor this",
	})
	d := mail.Data{Project: "P", Email: "a@b.test", Name: "Ann & Bob", Link: "https://x.test/?a=1&b=2", Minutes: 5}
	want := mail.Message{Kind: mail.Recovery, To: "a@b.test", Subject: "Reset, Ann & Bob", Text: "Hi Ann & Bob\n\nhttps://x.test/?a=1&b=2\n", Link: d.Link,
		HTML: `<p lang="x">Hi Ann &amp; Bob, <a href="https://x.test/?a=1&amp;b=2">go</a> 5 minutes</p>`}
	if diff := cmp.Diff(want, render(t, templates, mail.Recovery, "de", d)); diff != "" {
		t.Error(diff)
	}
	fr := render(t, templates, mail.Recovery, "fr", d)
	if fr.Subject != "Salut" || fr.Text != "Salut Ann & Bob\n" || !strings.Contains(fr.HTML, "Salut Ann &amp; Bob</p>") {
		t.Errorf("%+v", fr)
	}
}

func TestAProjectWithoutTemplatesHasTheBuiltInOnes(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{{"socle.yaml": "name: x"}, nil} {
		templates, problems := mail.LoadTemplates(folder(files))
		if len(problems) > 0 || len(templates.Kinds()) != 14 {
			t.Error(problems, templates.Kinds())
		}
	}
	if templates, problems := mail.LoadTemplates(nil); len(problems) > 0 || render(t, templates, mail.Invite, "fr", templates.Sample(mail.Invite)).Locale != "fr" {
		t.Error(problems)
	}
}

func FuzzLoadTemplates(f *testing.F) {
	f.Add("Subject: S {{.Name}}\n\nHi {{.Link}}\n", "<p>{{.Name}}</p>", "Ann\r\nBcc: x")
	f.Add("Subject: {{.Code}}\n\n{{range .Extra}}{{.}}{{end}}", "{{.Extra}}", "<b>")
	f.Fuzz(func(t *testing.T, text, html, name string) {
		if strings.Contains(text, "define") || strings.Contains(html, "define") || strings.Contains(text+html, "printf") {
			return // recursion and widths are the author's own
		}
		templates, problems := mail.LoadTemplates(folder(map[string]string{"mail/invite.txt": text, "mail/invite.html": html}))
		for _, p := range problems {
			if p.Pos.File == "" || p.Hint == "" || p.Severity != schema.Error {
				t.Fatalf("%+v", p)
			}
		}
		m, err := templates.Render(mail.Invite, "", mail.Data{Project: name, Name: name, Email: "a@b.test", Link: "https://x.test/", Code: name})
		if err == nil && (strings.ContainsAny(m.Subject, "\r\n\x00") || strings.TrimSpace(m.Text) == "") {
			t.Fatalf("%+v", m)
		}
	})
}
