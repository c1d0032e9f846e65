package rest

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// Prepare understands what a function stores, as all rights see it. The problems are complete; a function without any is ready
// to be called.
func Prepare(f *schema.Function, service *schema.View, l Limits) (*Stored, schema.Problems) {
	p := &preparing{Stored: &Stored{Decl: f, service: service}, limits: l.Filled()}
	switch {
	case f.Read.Present():
		p.read()
	case f.Write != nil:
		p.writes()
	}
	return p.Stored, p.problems
}

type preparing struct {
	*Stored
	limits   Limits
	problems schema.Problems
}

// piece is one parameter as it stands in the project's file.
type piece struct {
	text string
	at   int // bytes of the source before it
}

func (p *preparing) read() {
	path, raw, _ := strings.Cut(p.Decl.Read.Text, "?")
	name, err := url.PathUnescape(strings.TrimPrefix(strings.TrimSpace(path), "/"))
	seen, ok := p.service.Collection(p.Decl.Namespace, name)
	if err != nil || !ok {
		p.problems.Add(p.Decl.Read.Pos, "a stored read begins with a collection: tickets?select=id", "unknown collection %q%s",
			name, schema.DidYouMean(name, p.service.Names(p.Decl.Namespace)))
		return
	}
	p.Collection = seen.Collection
	pieces := cut(raw, len(path)+1)
	texts := make([]string, len(pieces))
	for i, q := range pieces {
		texts[i] = q.text
	}
	p.raw = strings.Join(texts, "&")
	p.each(pieces)
	if len(p.problems) > 0 {
		return
	}
	l, err := p.resolve(p.raw)
	if err != nil {
		p.fail(p.Decl.Read, piece{}, err)
		return
	}
	l.finish()
	p.Query = l.query
	if p.Decl.Trusted {
		p.narrowed = p.service.Narrowed(p.Collection, plainColumns(l.query))
	}
}

// cut splits parameters; spaces and line ends between them do not count.
func cut(raw string, at int) []piece {
	var out []piece
	for part := range strings.SplitSeq(raw, "&") {
		lead := len(part) - len(strings.TrimLeft(part, " \n"))
		if text := strings.Trim(part, " \n"); text != "" {
			out = append(out, piece{text, at + lead})
		}
		at += len(part) + 1
	}
	return out
}

// each tries every parameter beside the select alone, so that all mistakes are reported, each at its place.
func (p *preparing) each(pieces []piece) {
	selected := slices.IndexFunc(pieces, func(q piece) bool { return strings.HasPrefix(q.text, "select=") })
	with := ""
	if selected >= 0 {
		with = pieces[selected].text
		if _, err := p.resolve(with); err != nil {
			p.fail(p.Decl.Read, pieces[selected], err)
			return
		}
	}
	for i, q := range pieces {
		if i == selected {
			continue
		}
		if _, err := p.resolve(with + "&" + q.text); err != nil {
			p.fail(p.Decl.Read, q, err)
		}
	}
}

// resolve understands parameters with all rights and without arguments.
func (p *preparing) resolve(raw string) (*level, error) {
	s := &Stored{Decl: p.Decl, Collection: p.Collection, raw: raw}
	pairs, err := syntax.Split(raw)
	if err != nil {
		return nil, err
	}
	for _, q := range pairs {
		if err := storable(q); err != nil {
			return nil, err
		}
	}
	return s.resolve(p.service, p.limits)
}

// resolve understands the stored parameters without arguments, by what a view shows.
func (s *Stored) resolve(v *schema.View, l Limits) (*level, error) {
	stored, given, err := s.params(&references{args: &arguments{of: s.Decl.Args}}, l)
	if err != nil {
		return nil, err
	}
	seen, ok := v.Of(s.Collection)
	if !ok {
		return nil, unknownCollection(v, s.Collection.Namespace, s.Collection.Name)
	}
	c := &composing{resolver: &resolver{view: v, limits: l, operations: given}, stored: stored}
	return c.base(seen, stored)
}

// Seen is the rows of a read as those see them who see v; nil for other functions. ok is false where what is stored names what v does
// not show: such a call fails.
func (s *Stored) Seen(v *schema.View, l Limits) (rows *ir.Query, ok bool) {
	l = l.Filled()
	switch {
	case s.Decl.Trusted || s.Decl.Value.Present():
		return s.Query, true
	case s.Decl.Write != nil:
		_, err := s.transaction(v, l, &arguments{of: s.Decl.Args})
		return nil, err == nil
	}
	top, err := s.resolve(v, l)
	if err != nil {
		return nil, false
	}
	top.finish()
	return top.query, true
}

// storable refuses an argument where only syntax can stand, and parameters that belong to a caller.
func storable(q syntax.Pair) error {
	last := q.Word()
	args := &arguments{}
	switch {
	case hole.MatchString(q.Key):
		return args.none(q.Key)
	case last == "select" || last == "order":
		return args.none(q.Text)
	case last == "after" || last == "columns" || last == "on_conflict":
		return badArgument("%s is not stored: it belongs to a call", last)
	}
	return nil
}

// plainColumns are the fields that a select names as they are.
func plainColumns(q *ir.Query) []*schema.Field {
	var out []*schema.Field
	for _, it := range q.Items {
		if o, ok := it.(*ir.Output); ok && o.Cast == nil {
			if c, ok := o.X.(*ir.Column); ok {
				out = append(out, c.Field)
			}
		}
	}
	return out
}

// writes understands the steps in turn; after one that fails the others cannot be known.
func (p *preparing) writes() {
	var reads []*Read
	for i, w := range p.Decl.Write {
		step, err := p.step(i, p.service, p.limits, &arguments{of: p.Decl.Args}, reads)
		switch {
		case err != nil && w.Path.Present():
			p.fail(w.Path, piece{text: w.Path.Text}, err)
			return
		case err != nil:
			p.problems.Add(w.Pos, "`{ method: POST, path: tickets, body: { … } }`", "a step has a path")
			return
		}
		reads = append(reads, step.read)
	}
}

// fail reports a fault at the word it is about.
func (p *preparing) fail(src schema.Source, q piece, err error) {
	f := fault.From(err)
	message, hint := f.Message, f.Hint
	if details, ok := f.Details.(string); ok && details != "" && (f.Code == fault.Parse || f.Code == fault.NotImplemented) {
		message = details
		if f.Code == fault.Parse && strings.HasPrefix(message, "unexpected ") {
			message += ", at " + q.text
		}
	}
	p.problems.Add(place(src, q.at+about(f, q.text)), hint, "%s", message)
}

// place is where a byte of a source stands in the project.
func place(src schema.Source, at int) schema.Pos {
	before := src.Text[:min(at, len(src.Text))]
	line := strings.Count(before, "\n")
	return src.At(line+1, len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))+1)
}

var (
	messageColumn = regexp.MustCompile(`"failed to parse (.*) \(.*\(line 1, column (\d+)\)`)
	messageNames  = []*regexp.Regexp{regexp.MustCompile(`^column \S+\.(\S+) does not exist`), regexp.MustCompile(`and '([^']+)'`),
		regexp.MustCompile(`(\{\w+\})`), regexp.MustCompile(`table '[^']*\.([^']+)'`), regexp.MustCompile(`'([^']+)'`)}
)

// about is the byte of a parameter that a fault is about, as far as its message says.
func about(f *fault.Fault, text string) int {
	if m := messageColumn.FindStringSubmatch(f.Message); m != nil {
		n, _ := strconv.Atoi(m[2])
		value := strings.IndexByte(text, '=') + 1
		switch m[1] {
		case "tree path":
			value = 0
		case "logic tree":
			value = 1 // the scanner read the key and the text without the sign between
		}
		return min(max(value+n-1, 0), len(text))
	}
	for _, re := range messageNames {
		if m := re.FindStringSubmatch(f.Message); m != nil {
			if at := strings.Index(text, m[1]); at >= 0 {
				return at
			}
		}
	}
	return 0
}
