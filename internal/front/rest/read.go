package rest

import (
	"net/http"
	"time"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// Input is one request as a transport received it.
type Input struct {
	Method   string
	Segments []string // decoded path below the API's root
	RawQuery string
	Header   http.Header
	Cursor   Opener // opens after=; nil refuses it
}

// Opener opens what a Sealer sealed; anything else is an error.
type Opener interface {
	Open(token string) ([]byte, error)
}

// Sealer makes an opaque, authenticated token of a payload.
type Sealer interface {
	Seal(payload []byte) string
}

// Read is a request that has been understood.
type Read struct {
	Request    ir.Request
	Collection *schema.CollectionView // nil for the API's root
	Root       bool                   // the API's description is wanted; Request is empty
	Options    bool                   // OPTIONS: answer Allow alone; Request is empty
	Head       bool
	Allow      string // methods of the resource, comma-joined
	Media      Media
	Prefer     Preferences
	Applied    string // value of Preference-Applied; "" for none
	Timezone   *time.Location
	Range      Range
	Namespace  string
	Profile    bool   // answer with Content-Profile: Namespace
	Location   string // value of Content-Location below the API's root

	filterArgs int // Args before the range's and the position's
}

// Range is what part of the rows was asked for.
type Range struct {
	Offset   int64
	Limit    int64 // -1: no limit
	Explicit bool  // limit, offset or a Range header was given
}

// Singular reports whether exactly one row is wanted as one object.
func (r *Read) Singular() bool { return r.Media.Type == Object }

// Shape is the stable text of the request without its values: equal shapes have equal plans.
func (r *Read) Shape() string { return ir.Print(r.Request.Query) }

// Parse understands a request against what its actor may see. Errors are *fault.Fault.
func Parse(v *schema.View, l Limits, in Input) (*Read, error) {
	l = l.filled()
	if err := l.checkURL(in.RawQuery); err != nil {
		return nil, err
	}
	read := &Read{Head: in.Method == http.MethodHead, Options: in.Method == http.MethodOptions}
	if err := read.profile(v, in); err != nil {
		return nil, err
	}
	if err := read.preferences(in.Header); err != nil {
		return nil, err
	}
	if err := read.resource(v, in); err != nil {
		return nil, err
	}
	if read.Options {
		return read, nil
	}
	if err := read.negotiate(in.Header); err != nil || read.Root {
		return read.orNil(err)
	}
	return read.orNil(read.query(v, l, in))
}

func (r *Read) orNil(err error) (*Read, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// query parses the parameters, all of them before any name is looked up, and resolves them.
func (r *Read) query(v *schema.View, l Limits, in Input) error {
	pairs, err := splitQuery(in.RawQuery)
	if err != nil {
		return err
	}
	p, err := parseParams(pairs, l)
	if err != nil {
		return err
	}
	if r.Range, err = rootRange(p.ranges, in.Header); err != nil {
		return err
	}
	r.Location = location(r.Collection.Collection.Name, in.RawQuery)
	s := &resolver{view: v, limits: l}
	root, err := s.resolve(r.Collection, p)
	if err != nil {
		return err
	}
	r.filterArgs = len(s.args)
	if err := r.position(s, root, p.late, in); err != nil {
		return err
	}
	s.rootRange(root, r.Range)
	r.Request = ir.Request{Query: root.query, Args: s.args, Count: r.Prefer.Count != ""}
	return nil
}
