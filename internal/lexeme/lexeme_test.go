package lexeme

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func words(tokens []Token) string {
	var out []string
	for _, t := range tokens {
		out = append(out, t.Text)
	}
	return strings.Join(out, " ")
}

func TestTextBecomesFoldedWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ config, text, want string }{
		{"simple", "The Café's MENU: crème brûlée, 2nd ed.", "the cafe s menu creme brulee 2nd ed"},
		{"simple", "İstanbul ΣΟΦΌΣ ﬁne ①", "istanbul σοφοσ fine 1"}, {"simple", "日本 go", "日 本 go"}, {"simple", " -- ", ""}, {"simple", "a\xffb", "a b"},
		{"english", "Running runs easily", "run run easili"}, {"french", "les éducations nationales", "le educ national"},
	} {
		if got := words(Tokenise(c.config, c.text)); got != c.want {
			t.Errorf("%s %q → %q, want %q", c.config, c.text, got, c.want)
		}
	}
}

func TestCaseAndAccentsNeverMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		config := rapid.SampledFrom(Configs()).Draw(t, "config")
		text := rapid.StringMatching(`([a-zéèüñçåøĳ]{0,12}[ ',-]){0,5}`).Draw(t, "text")
		want := words(Tokenise(config, text))
		for _, variant := range []string{strings.ToUpper(text), norm.NFD.String(text), norm.NFC.String(text)} {
			if got := words(Tokenise(config, variant)); got != want {
				t.Fatalf("%q has %q, %q has %q", text, want, variant, got)
			}
		}
	})
}

func TestTextBeyondTheBoundsIsDroppedWithoutAGap(t *testing.T) {
	t.Parallel()
	if got := Tokenise(Simple, strings.Repeat("a ", 300)+"b"); len(got) != 257 || got[256] != (Token{"b", 257}) {
		t.Errorf("%d tokens, the last is %v", len(got), got[len(got)-1])
	}
	if got := words(Tokenise(Simple, "a "+strings.Repeat("x", 256)+" b")); got != "a b" {
		t.Errorf("a giant token leaves %q", got)
	}
	var many, wide strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, "%d ", i)
		fmt.Fprintf(&wide, "%0250d ", i)
	}
	if got := Tokenise(Simple, many.String()); len(got) != MaxTokens {
		t.Errorf("%d tokens", len(got))
	}
	if got := Vector(Tokenise(Simple, wide.String())); len(got) > 1<<20 {
		t.Errorf("a vector of %d bytes", len(got))
	}
}

func TestEncodingKeepsPrefixesAndNothingElse(t *testing.T) {
	t.Parallel()
	if got := Encode("zoé_9"); got != "xz7aozc3za9z5f9" {
		t.Error(got)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[az7_é]{0,4}`).Draw(t, "a"), rapid.StringMatching(`[az7_é]{0,6}`).Draw(t, "b")
		if strings.HasPrefix(b, a) != strings.HasPrefix(Encode(b), Encode(a)) {
			t.Fatalf("%q and %q are encoded as %q and %q", a, b, Encode(a), Encode(b))
		}
		if strings.Trim(Encode(a), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Fatalf("%q is encoded as %q", a, Encode(a))
		}
	})
}

func TestTheFourLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode Mode
		text string
		want string // as a tsquery
	}{
		{FTS, "fat & (rat | cat)", "(xfat & (xrat | xcat))"}, {FTS, "a | b & !c", "(xa | (xb & !xc))"}, {FTS, "sup:*", "xsup:*"}, {FTS, "!!a", "xa"},
		{FTS, "a <-> b <1> c", "(xa <-> xb <-> xc)"}, {FTS, "'it''s a'", "(xit <-> xs <-> xa)"}, {FTS, `foo\&bar`, "(xfoo <-> xbar)"}, {FTS, "", ""},
		{FTS, "'...' & a", "xa"}, {FTS, "a <-> b:*", "(xa <-> xb:*)"}, {FTS, "  a  ", "xa"},
		{PlFTS, "The fat & Rats!", "(xthe & xfat & xrats)"}, {PlFTS, "a a", "xa"}, {PlFTS, "?!", ""},
		{PhFTS, "The Fat Rats", "(xthe <-> xfat <-> xrats)"}, {PhFTS, "rats", "xrats"},
		{WFTS, `"fat rats" or cat -dog`, "((xfat <-> xrats) | (xcat & !xdog))"}, {WFTS, "or a or", "(xor & xa & xor)"}, {WFTS, `-"a b" c`, "(!(xa <-> xb) & xc)"},
		{WFTS, "a-b", "(xa <-> xb)"}, {WFTS, `"unclosed or here`, "(xunclosed <-> xor <-> xhere)"}, {WFTS, "- a", "!xa"}, {WFTS, "-", ""}, {WFTS, `))((&&a|`, "xa"},
	} {
		q, err := ParseQuery(c.mode, Simple, c.text)
		if err != nil || TSQuery(q) != c.want {
			t.Errorf("mode %d %q → %v %v, want %s", c.mode, c.text, q, err, c.want)
			continue
		}
	}
}

func TestWhatCannotBeAskedIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Code{
		"a b": fault.Syntax, "a &": fault.Syntax, "(a": fault.Syntax, "a)": fault.Syntax, "'a": fault.Syntax, "&": fault.Syntax, "!": fault.Syntax, `a\`: fault.Syntax,
		"a:": fault.Syntax, "a:x": fault.Syntax, "()": fault.Syntax, "a <x> b": fault.Syntax, "a <-> ": fault.Syntax,
		"a:A": fault.NotImplemented, "a:*B": fault.NotImplemented, "a <2> b": fault.NotImplemented, "a <0> b": fault.NotImplemented,
		"a <-> (b|c)": fault.NotImplemented, "a <-> !b": fault.NotImplemented, "a:* <-> b": fault.NotImplemented, "a <-> (b <-> c)": fault.NotImplemented,
		strings.Repeat("(", 1000) + "a": fault.TooComplex, strings.Repeat("!", 1000) + "a": fault.TooComplex, strings.Repeat("a&", 300) + "a": fault.TooComplex,
	} {
		_, err := ParseQuery(FTS, Simple, text)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != want || f.Status() != 400 {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
	if _, err := ParseQuery(PlFTS, "klingon", "a"); fault.From(err).Code != fault.NotImplemented {
		t.Errorf("an unknown configuration: %v", err)
	}
}

func TestAQueryMatchesRows(t *testing.T) {
	t.Parallel()
	row := [][]Token{Tokenise("english", "The running café"), Tokenise("english", "opens at noon")}
	for text, want := range map[string]bool{
		"runs": true, "cafe & noon": true, "run <-> cafe": true, "cafe <-> open": false, "noon & !dog": true, "!run": false, "op:*": true, "dog | caf:*": true,
		"at <-> no:*": true, "dog": false, "'...'": false, "noo": false,
	} {
		q, err := ParseQuery(FTS, "english", text)
		if err != nil || Match(q, row) != want {
			t.Errorf("%q: %t %v", text, Match(q, row), err)
		}
	}
}

func TestTokensAndQueriesAreWrittenForTheEngines(t *testing.T) {
	t.Parallel()
	tokens := Tokenise(Simple, "b a b")
	if Document(tokens) != "xb xa xb" || Vector(tokens) != "xa:2 xb:1,3" || Vector(nil) != "" {
		t.Errorf("%q %q", Document(tokens), Vector(tokens))
	}
	q, _ := ParseQuery(FTS, Simple, "a <-> b:* | c & d")
	if got, ok := FTS5(q); !ok || got != `("xa xb" * OR ("xc" AND "xd"))` {
		t.Error(got)
	}
	for _, text := range []string{"!a", "a & !b", ""} {
		q, _ := ParseQuery(FTS, Simple, text)
		if got, ok := FTS5(q); ok {
			t.Errorf("%q is written as %s", text, got)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"a & b | !c", "a <-> 'b c':*", `"x y" or -z`, "(((", "\\"} {
		f.Add(uint8(0), uint8(0), seed)
	}
	configs := Configs()
	f.Fuzz(func(t *testing.T, mode, config uint8, text string) {
		name := configs[int(config)%len(configs)]
		q, err := ParseQuery(Mode(mode%4), name, text)
		if err != nil {
			if fault.From(err).Status() != 400 {
				t.Fatal(err)
			}
			return
		}
		Match(q, [][]Token{Tokenise(name, text)})
		again, err := ParseQuery(FTS, Simple, TSQuery(q))
		if err != nil || TSQuery(again) == "" && TSQuery(q) != "" {
			t.Fatalf("%q is written as %q, which reads as %v %v", text, TSQuery(q), again, err)
		}
	})
}
