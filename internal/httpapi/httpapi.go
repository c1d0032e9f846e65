// Package httpapi owns transport: routes and who may call them, limits of a connection, credentials out of headers, CORS,
// compression, the access log, and the way from an answer or a fault to status, headers and body. It knows no SQL and no
// policy; what a request means is for the fronts, what it may see for the engine.
package httpapi

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/openapi"
)

// Config is what a handler is made of.
type Config struct {
	Engine *engine.Engine
	Gate   *auth.Gate
	Sealer *auth.Sealer
	Limits admission.Limits
	// Functions are the declared functions; nil: none.
	Functions *function.Set
	Doors     Doors            // what is nil is made
	Proxies   int              // how many stand before the server; what they say of a client's address is believed
	Origins   []string         // CORS; "*" is any
	About     openapi.Settings // what the API's description says of the project
	// TxOverride lets Prefer: tx=rollback undo what a request did.
	TxOverride bool
	Dev        bool                        // loopback origins are allowed, and the log says more
	Public     fs.FS                       // static files; nil: none
	Home       http.Handler                // what / is where there are no static files; nil: nothing
	Accounts   http.Handler                // /auth/v1, which admits its callers itself; nil: not there
	Inbox      http.Handler                // development's mail, for this machine alone; nil: not there
	Related    []byte                      // other domains whose pages may use the passkeys of this one; nil: none
	Health     func(context.Context) error // why nothing can be answered now; nil: nothing can be in the way
	Log        *slog.Logger
	Clock      clock.Clock
}

// server answers requests. It is immutable but for the descriptions and shapes it keeps.
type server struct {
	Config
	routes       []route
	descriptions descriptions
	shapes       *rest.Shapes
	held         *admission.Budget
	crowd        crowd
}

// New makes the handler of everything the product serves over HTTP. It fails where a route does not say who may call it.
func New(c Config) (http.Handler, error) {
	s := &server{Config: c, held: budget(c.Limits), shapes: rest.NewShapes(c.Limits)}
	s.Doors = c.Doors.orUsual(&c)
	s.routes = s.table()
	if err := declared(s.routes); err != nil {
		return nil, err
	}
	return s.observed(s.crossOrigin(compressed(http.HandlerFunc(s.dispatch)))), nil
}
