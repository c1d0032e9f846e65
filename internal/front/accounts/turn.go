package accounts

import (
	"bytes"
	"io"
	"net/http"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/admission"
)

// comeIn waits for the turn of the network that a call comes from. The body comes in before, so that whoever sends slowly keeps
// nobody waiting. Whoever is refused has no place.
func (s *server) comeIn(c *call) (admission.Place, error) {
	if s.Door == nil {
		return admission.Place{}, nil
	}
	c.gather()
	place, err := s.Door.Enter(c.Context(), func() string { return c.from.Address })
	if c.Context().Err() != nil {
		place.Leave()
		return admission.Place{}, account.Refuse(account.RequestTimeout, "The client went away")
	}
	return place, err
}

// gather reads as much of the body as is looked at; what went wrong is met again by whoever reads it.
func (c *call) gather() {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return
	}
	raw, err := io.ReadAll(io.LimitReader(c.Request.Body, maxBody+1))
	c.Request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(raw), broken{err}))
}

// broken is what is left of a body.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err == nil {
		return 0, io.EOF
	}
	return 0, b.err
}
