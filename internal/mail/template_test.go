package mail_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/mail"
)

func builtin(t testing.TB) *mail.Templates {
	t.Helper()
	return project(t, nil)
}

// project are templates over the built-in ones, all of them right.
func project(t testing.TB, files map[string]string) *mail.Templates {
	t.Helper()
	templates, problems := mail.LoadTemplates(folder(files))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return templates
}

func folder(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func render(t testing.TB, templates *mail.Templates, kind mail.Kind, locale string, d mail.Data) mail.Message {
	t.Helper()
	m, err := templates.Render(kind, locale, d)
	if err != nil {
		t.Fatal(kind, locale, err)
	}
	return m
}

func TestEveryKindIsWrittenInEveryLanguage(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("builtin")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range files {
		found[f.Name()] = true
	}
	templates := builtin(t)
	want := map[string]bool{}
	for _, kind := range templates.Kinds() {
		for _, lang := range []string{"en", "fr"} {
			want[fmt.Sprintf("%s.%s.txt", kind, lang)] = true
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"en", "fr"}, templates.Languages()); diff != "" {
		t.Error(diff)
	}
}

// variable finds what a template says, whatever it does with it.
var variable = regexp.MustCompile(`\.(Project|Link|Code|Email|NewEmail|Name|Minutes|SiteURL)\b|\.Extra "(\w+)"`)

// A translation that leaves out the link, the code or how long they hold is no translation.
func TestTranslationsSayTheSame(t *testing.T) {
	t.Parallel()
	said := func(kind mail.Kind, lang string) []string {
		text, err := os.ReadFile(fmt.Sprintf("builtin/%s.%s.txt", kind, lang))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, v := range variable.FindAllString(string(text), -1) {
			out[v] = true
		}
		return slices.Sorted(maps.Keys(out))
	}
	for _, kind := range builtin(t).Kinds() {
		if diff := cmp.Diff(said(kind, "en"), said(kind, "fr")); diff != "" {
			t.Error(kind, diff)
		}
	}
}

func TestBuiltInMessagesHoldWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	templates := builtin(t)
	greetings := map[string]string{"en": "Hello,", "fr": "Bonjour,"}
	validity := map[string]string{"en": "1 hour", "fr": "1 heure"}
	for _, kind := range templates.Kinds() {
		for lang, greeting := range greetings {
			d := templates.Sample(kind)
			m := render(t, templates, kind, lang, d)
			wanted := []string{greeting, d.Project, d.Link, d.Code}
			if d.Link+d.Code != "" {
				wanted = append(wanted, validity[lang])
			}
			for _, part := range []string{m.Text, plain(m.HTML)} {
				for _, want := range wanted {
					if !strings.Contains(part, want) {
						t.Errorf("%s in %s lacks %q:\n%s", kind, lang, want, part)
					}
				}
				if d.Link == "" && strings.Contains(part, "http") {
					t.Errorf("%s in %s has a link:\n%s", kind, lang, part)
				}
			}
			if m.Locale != lang || m.To != d.Email || m.Kind != kind || m.Link != d.Link || m.Code != d.Code {
				t.Errorf("%s in %s: %+v", kind, lang, m)
			}
			if !strings.Contains(m.HTML, `<html lang="`+lang+`">`) || strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "ZgotmplZ") {
				t.Errorf("%s in %s:\n%s", kind, lang, m.HTML)
			}
			if d.Link != "" && !strings.Contains(m.HTML, `<a href="`+strings.ReplaceAll(d.Link, "&", "&amp;")+`" style="display:inline-block`) {
				t.Errorf("%s in %s has no button:\n%s", kind, lang, m.HTML)
			}
		}
	}
}

// plain undoes what escaping does to the samples.
func plain(html string) string {
	return strings.NewReplacer("&amp;", "&", "&#39;", "'", "&#34;", `"`).Replace(html)
}

func TestOneMessageIsWordForWordWhatWasReviewed(t *testing.T) {
	t.Parallel()
	m := render(t, builtin(t), mail.Recovery, "fr-CA", mail.Data{Project: "Équipe", Link: "https://api.example.org/v?a=1&b=2", Email: "zoé@example.org",
		Code: "123456", Minutes: 90})
	const nb = "\u00a0"
	want := mail.Message{Kind: mail.Recovery, To: "zoé@example.org", Subject: "Nouveau mot de passe pour Équipe", Locale: "fr",
		Link: "https://api.example.org/v?a=1&b=2", Code: "123456",
		Text: "Bonjour,\n\nun nouveau mot de passe a été demandé pour le compte zoé@example.org sur Équipe.\n\n" +
			"Choisir un nouveau mot de passe" + nb + ":\nhttps://api.example.org/v?a=1&b=2\n\nOu saisissez ce code" + nb + ":\n123456\n\n" +
			"Valable une seule fois, pendant 90 minutes. Si vous n’avez rien demandé, ignorez ce message" + nb + ": votre mot de passe reste inchangé.\n"}
	html := m.HTML
	m.HTML = ""
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(html, ">Choisir un nouveau mot de passe</a>") {
		t.Errorf("the button has no label:\n%s", html)
	}
}

func TestTheReadersLanguageIsFound(t *testing.T) {
	t.Parallel()
	own := func(names ...string) map[string]string {
		files := map[string]string{}
		for _, name := range names {
			files["mail/"+name] = "Subject: " + name + "\n\nText\n"
		}
		return files
	}
	const english, french = "Sign in to P", "Connexion à P"
	for _, c := range []struct {
		files  []string
		locale string
		want   string
	}{
		{nil, "", english}, {nil, "fr", french}, {nil, "fr-CH", french}, {nil, "FR_fr", french}, {nil, "de", english}, {nil, "en-GB", english},
		{nil, "no language!", english}, {nil, "zh-Hant-TW", english}, {nil, "fr-u-co-phonebk", french},
		{[]string{"magic_link.txt"}, "fr", "magic_link.txt"},
		{[]string{"magic_link.txt", "magic_link.de.txt"}, "de-AT", "magic_link.de.txt"},
		{[]string{"magic_link.de.txt"}, "fr", french},
		{[]string{"magic_link.de.txt"}, "it", english},
		{[]string{"magic_link.en.txt"}, "it", "magic_link.en.txt"},
		{[]string{"magic_link.en.txt"}, "fr", french},
		{[]string{"magic_link.pt.txt", "magic_link.pt-BR.txt"}, "pt-BR", "magic_link.pt-BR.txt"},
		{[]string{"magic_link.pt.txt", "magic_link.pt-BR.txt"}, "pt-PT", "magic_link.pt.txt"},
		{[]string{"recovery.txt"}, "", english},
	} {
		m := render(t, project(t, own(c.files...)), mail.MagicLink, c.locale, mail.Data{Project: "P", Email: "a@b.test", Link: "https://x.test/"})
		if m.Subject != c.want {
			t.Errorf("%v, %q: %s, want %s", c.files, c.locale, m.Subject, c.want)
		}
	}
}

// Whoever opens an account chooses its name and address; neither becomes markup, a link, or a paragraph.
func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	templates := project(t, map[string]string{
		"mail/invite.txt":       "Subject: Hello {{.Name}}\n\nHello {{.Name}}\n\nJoin:\n{{.Link}}\n",
		"mail/confirmation.txt": "Subject: Hello\n\nHello {{.Name}}\n",
		"mail/confirmation.html": "<p title='{{.Name}}'>{{.Name}}</p><a href=\"{{.Link}}\">{{index .Extra \"provider\"}}{{.Name}}</a>" +
			"<script>var n = {{.Name}}</script>",
	})
	for _, name := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'></p><iframe src="https://evil.test">`,
		"</title><script>alert(1)</script>", "Ann\n\nSign in:\nhttps://evil.test/", "Ann\r\nBcc: all@example.org", "a\u2028b\u202ec\x00d\xff"} {
		d := mail.Data{Project: name, Name: name, Email: "a@b.test", Link: "https://x.test/?a=1", Extra: map[string]string{"provider": name}}
		for _, kind := range []mail.Kind{mail.Invite, mail.Confirmation} {
			m := render(t, templates, kind, "", d)
			for _, bad := range []string{"<img", "<iframe", "alert(1)</script>", `href="https://evil`, "\x00"} {
				if strings.Contains(m.HTML, bad) {
					t.Errorf("%q: %s has %q\n%s", name, kind, bad, m.HTML)
				}
			}
			if strings.ContainsAny(m.Subject, "\r\n\u2028\u202e\x00") || strings.Contains(m.Text, "\nhttps://evil") || strings.Contains(m.Text, "\nBcc") {
				t.Errorf("%q: %q\n%s", name, m.Subject, m.Text)
			}
		}
	}
}

func TestLinksLeadToPagesOnly(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"javascript:alert(1)", "//evil.test", "/verify", "ftp://x.test/", "https://x.test/\nBcc: a", "https://", "https://x.test/a b"} {
		for _, d := range []mail.Data{{Link: link}, {SiteURL: link}} {
			d.Project, d.Email = "P", "a@b.test"
			if m, err := builtin(t).Render(mail.Invite, "", d); err == nil {
				t.Errorf("%q: %+v", link, m)
			}
		}
	}
}

func TestAnUnknownKindIsAnError(t *testing.T) {
	t.Parallel()
	if m, err := builtin(t).Render("welcome", "", mail.Data{}); err == nil {
		t.Errorf("got %+v", m)
	}
}

func TestValidityIsSaidInWords(t *testing.T) {
	t.Parallel()
	templates := project(t, map[string]string{"mail/invite.de.txt": "Subject: {{.Minutes}}\n\n{{span .Minutes}}"})
	for minutes, want := range map[int][3]string{
		0: {"a short time", "un court moment", "a short time"}, 1: {"1 minute", "1 minute", "1 minute"}, 59: {"59 minutes", "59 minutes", "59 minutes"},
		60: {"1 hour", "1 heure", "1 hour"}, 90: {"90 minutes", "90 minutes", "90 minutes"}, 1440: {"24 hours", "24 heures", "24 hours"},
		2880: {"2 days", "2 jours", "2 days"}, 3000: {"50 hours", "50 heures", "50 hours"},
	} {
		for i, lang := range []string{"en", "fr", "de"} {
			if m := render(t, templates, mail.Invite, lang, mail.Data{Project: "P", Email: "a@b.test", Minutes: minutes}); !strings.Contains(m.Text, want[i]) {
				t.Errorf("%d in %s: %s", minutes, lang, m.Text)
			}
		}
	}
}
