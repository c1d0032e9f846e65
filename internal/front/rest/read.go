// Package rest owns the meaning of a request to the data API: it turns a method, a path, a query string, headers and a body into
// an ir.Request or an ir.Write, its names resolved against one actor's schema.View, and into everything a transport needs to
// answer. What their text says is read by packages syntax and body. Values of a URL become Params, so that requests that differ
// only in values have the same shape; values of a body get their columns' types. It knows nothing of policies, SQL, stored rows
// or HTTP connections.
//
// The messages follow PostgREST 16 (https://docs.postgrest.org, "Tables and Views" and "Errors").
package rest

import (
	"io"
	"net/http"
	"time"

	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
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

	Body       io.Reader // of a write; nil: empty
	Size       int64     // bytes of it; not positive: not known
	Gate       Gate      // of a write; nil: it is open
	TxOverride bool      // the project lets Prefer: tx= end the transaction

	Functions Functions // the declared functions; nil: none
	Shapes    *Shapes   // what is remembered of earlier requests; nil: nothing
}

// Gate is where a write waits once its body is there. Turn returns when a body of so many bytes may be understood.
type Gate interface{ Turn(bytes int) error }

// text reads the body of a write, and waits for its turn to be understood.
func (in *Input) text(l Limits) (string, error) {
	text, err := body.Read(in.Body, in.Size, l.Body)
	if err == nil && in.Gate != nil {
		err = in.Gate.Turn(len(text))
	}
	return text, err
}

// Opener opens what a Sealer sealed; anything else is an error.
type Opener interface {
	Open(token string) ([]byte, error)
}

// Sealer makes an opaque, authenticated token of a payload.
type Sealer interface {
	Seal(payload []byte) string
}

// Read is a request that has been understood: a write where Write is set, many where Transaction is, otherwise a read. A
// write's Prefer.Return says what is answered; for headers-only, Location needs the keys of what was written.
type Read struct {
	Request     ir.Request
	Write       *ir.Write
	Rollback    bool // the writes are tried and undone
	Transaction *Transaction
	Call        *Call                  // of a declared function; what it does is in Request or Transaction, or it is a value
	Collection  *schema.CollectionView // nil for the API's root and a transaction
	Root        bool                   // the API's description is wanted; Request is empty
	Options     bool                   // OPTIONS: answer Allow alone; Request is empty
	Head        bool
	Allow       string // methods of the resource, comma-joined
	Media       syntax.Media
	Prefer      syntax.Preferences
	Applied     string // value of Preference-Applied; "" for none
	Timezone    *time.Location
	Range       syntax.Range
	Namespace   string // its key in the catalogue
	Schema      string // what it is called on the wire
	Profile     bool   // answer with Content-Profile: Schema
	Location    string // value of Content-Location below the API's root

	rpc        bool
	stored     syntax.Range // of a function whose rows are aggregated: what it chose of them itself
	filterArgs int          // Args before the range's and the position's
}

// Singular reports whether exactly one row is wanted as one object.
func (r *Read) Singular() bool { return r.Media.Type == syntax.Object }

// Shape is the stable text of the request without its values: equal shapes have equal plans.
func (r *Read) Shape() string { return ir.Print(r.Request.Query) }
