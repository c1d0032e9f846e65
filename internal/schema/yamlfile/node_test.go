package yamlfile

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/socle-hq/socle/internal/schema"
	"pgregory.net/rapid"
)

// Wherever an expression stands, its position is that of its first character.
func TestExpressionsKnowWhereTheyBegin(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		policy string // the text `read` is followed by
		indent int
	}{
		"plain":         {" row.a == 1", 0},
		"single quotes": {"   'row.a == 1'", 0},
		"double quotes": {` "row.a == 1" # a comment`, 0},
		"block":         {" |\n      row.a == 1\n      && true", 6},
		"folded block":  {" >-\n\n\n    row.a == 1\n    && true", 4},
		"next line":     {"\n    row.a == 1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := "# über\nfields: { é: text }\npolicies:\n  read:" + tc.policy + "\n  delete: true\n"
			c := read(t, src)
			at := c.spec.Policies.Read.Pos
			if got := here(src, at, len("row.a")); got != "row.a" {
				t.Errorf("position %s is at %q", at, got)
			}
			if c.spec.Policies.Read.Indent != tc.indent {
				t.Errorf("indent %d, want %d", c.spec.Policies.Read.Indent, tc.indent)
			}
			if del := c.spec.Policies.Delete.Pos; here(src, del, 4) != "true" {
				t.Errorf("what follows is misplaced: %s", del)
			}
		})
	}
}

func TestPlacesInsideAnExpression(t *testing.T) {
	t.Parallel()
	src := "policies:\n  read: |\n    row.a == 1\n    && row.b\n"
	s := read(t, src).spec.Policies.Read
	if at := s.At(1, 5); here(src, at, 1) != "a" {
		t.Errorf("first line: %s", at)
	}
	if at := s.At(2, 8); here(src, at, 1) != "b" {
		t.Errorf("second line: %s", at)
	}
}

func read(t *testing.T, src string) *collection {
	t.Helper()
	n, problems := Parse("x.yaml", []byte(src))
	if n == nil || problems.Failed() {
		t.Fatal(problems)
	}
	c := &collection{}
	c.read(n)
	return c
}

// here is the text of n characters at a place.
func here(src string, p schema.Pos, n int) string {
	line := []rune(strings.Split(src, "\n")[p.Line-1])
	return string(line[min(p.Column-1, len(line)):min(p.Column-1+n, len(line))])
}

// Every key and scalar of a generated document is where its node says.
func TestEveryNodeIsWhereItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		writeMapping(t, &b, 0, rapid.IntRange(1, 3).Draw(t, "depth"))
		src := b.String()
		n, problems := Parse("x.yaml", []byte(src))
		if n == nil || problems.Failed() {
			t.Fatalf("%s\n%s", problems, src)
		}
		verify(t, src, n)
	})
}

func writeMapping(t *rapid.T, b *strings.Builder, indent, depth int) {
	for i := range rapid.IntRange(1, 4).Draw(t, "pairs") {
		b.WriteString(strings.Repeat(" ", indent) + string(rune('a'+i)) + rapid.SampledFrom([]string{"x", "é", "_y"}).Draw(t, "key") + ":")
		kind := rapid.IntRange(0, 4).Draw(t, "kind")
		switch {
		case kind == 0 && depth > 0:
			b.WriteString("\n")
			writeMapping(t, b, indent+2, depth-1)
			continue
		case kind == 1:
			b.WriteString(" [one, { k: 'two' }, \"three\"]")
		case kind == 2:
			b.WriteString(" |\n" + strings.Repeat(" ", indent+3) + "block text")
		case kind == 3:
			b.WriteString("  'quoted' # comment")
		default:
			b.WriteString(rapid.SampledFrom([]string{" plain", " 12", " true", " \"äö\"", " 1.50"}).Draw(t, "scalar"))
		}
		b.WriteString("\n")
	}
}

func verify(t *rapid.T, src string, n *Node) {
	for _, p := range n.Pairs {
		if got := here(src, p.Key.Pos, len([]rune(p.Key.Text))); got != p.Key.Text {
			t.Fatalf("key %q is at %q (%s)\n%s", p.Key.Text, got, p.Key.Pos, src)
		}
		verify(t, src, p.Value)
	}
	for _, item := range n.Items {
		verify(t, src, item)
	}
	if n.Text != "" && here(src, n.TextPos(), len([]rune(n.Text))) != n.Text {
		t.Fatalf("scalar %q is at %q (%s)\n%s", n.Text, here(src, n.TextPos(), 10), n.TextPos(), src)
	}
}

func TestJSONOfANode(t *testing.T) {
	t.Parallel()
	n, _ := Parse("x", []byte("a: [1, 1.50, 0x1F, .inf, yes, true, null, '1', {}, []]\nb: { c: \"q\\\"\" }\n"))
	const want = `{"a":[1,1.50,"0x1F",".inf","yes",true,null,"1",{},[]],"b":{"c":"q\""}}`
	if got := n.JSON(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHostileFilesAreRefusedQuickly(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "]\n"
	}
	for name, src := range map[string]string{
		"alias bomb":        bomb,
		"deep flow":         "a: " + strings.Repeat("[", 100_000),
		"deep mappings":     "a: " + strings.Repeat("{a: ", 100_000),
		"deep sequences":    strings.Repeat("- ", 100_000),
		"deep blocks":       staircase(600),
		"too many words":    strings.Repeat("a:\n", 100_000),
		"too large":         "# " + strings.Repeat("x", maxSize),
		"NUL":               "a: b\x00c",
		"invalid UTF-8":     "a: b\xff",
		"complex key":       "? [a]\n: b\n",
		"a second document": "a: b\n--- \na: b\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			n, problems := Parse("x.yaml", []byte(src))
			if n != nil || !problems.Failed() {
				t.Error("accepted")
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func staircase(steps int) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("fields: { id: uuid, r: { ref: x } }\npolicies: { read: true }"))
	f.Add([]byte("view: { from: x, fields: { n: count() } }"))
	f.Add([]byte("fields:\n  a: { type: decimal, precision: 8, scale: 2, min: 1.5, default: '2' }\nunique: [[a]]\n"))
	f.Add([]byte("a: |\n  b\n c: [\"\\u0000\", 'x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{"collections/x.yaml": &fstest.MapFile{Data: data}}
		catalog, problems := Read(fsys)
		if (catalog == nil) != problems.Failed() {
			t.Fatalf("catalogue %v with problems %v", catalog != nil, problems)
		}
		for _, p := range problems {
			if p.Pos.File == "" || p.Message == "" {
				t.Errorf("a problem without place or text: %+v", p)
			}
		}
		Render(fsys, problems)
		if catalog != nil && schema.Print(catalog) == "" {
			t.Error("a catalogue that prints nothing")
		}
	})
}
