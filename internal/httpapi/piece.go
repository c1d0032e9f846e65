package httpapi

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
)

// Bodies and answers pass in pieces. However large they are, they have time as long as each piece comes or leaves in time; and what
// is larger than one piece is counted, for all requests together.
const (
	pieceBytes = 64 << 10
	pieceTime  = 15 * time.Second
)

func untilNextPiece() time.Time { return clock.System().Now().Add(pieceTime) }

// upload is a body that comes in.
type upload struct {
	io.Reader
	conn  *http.ResponseController
	hold  func(bytes int) error
	begun int // bytes of the piece that is under way
	long  bool
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if u.begun += n; u.begun > pieceBytes {
		if full := u.hold(u.begun); full != nil {
			return n, full
		}
		u.begun, u.long = 0, true
		_ = u.conn.SetReadDeadline(untilNextPiece()) // what is no connection has no deadlines
	}
	if errors.Is(err, io.EOF) && u.long {
		_ = u.conn.SetReadDeadline(time.Time{}) // its end would look like a client that went away
		_ = u.conn.SetWriteDeadline(untilNextPiece().Add(shortTerm))
	}
	return n, err
}

// hold counts what a call keeps in memory until it ends.
func (c *call) hold(bytes int) error {
	if c.share == nil {
		c.share = c.server.held.Of(c.line())
	}
	return c.share.Take(bytes)
}

// Hold counts an answer of so many bytes by now; what was made before it, and made anew, counts no more.
func (c *call) Hold(bytes int) error {
	if bytes <= pieceBytes || bytes <= c.answered {
		return nil
	}
	err := c.hold(bytes - c.answered)
	if err == nil {
		c.answered = bytes
	}
	return err
}

// Weigh counts the rows that are read for an answer: it is about as large as they are, until it is made.
func (c *call) Weigh(bytes int) error {
	c.rows += bytes
	err := c.Hold(c.rows)
	if most := c.server.Limits.Response; err != nil && most > 0 && c.rows > 2*most {
		return fault.New(fault.TooComplex, "the response is larger than %d bytes", most) // as it will be the next time
	}
	return err
}

// settle gives back what an answer has turned out not to need.
func (c *call) settle(bytes int) {
	if bytes <= pieceBytes {
		bytes = 0
	}
	if c.answered > bytes {
		c.share.Return(c.answered - bytes)
		c.answered = bytes
	}
}

// budget is for what all requests hold. Any request alone has as much as its own limits allow: half of what is left is for others.
func budget(l admission.Limits) *admission.Budget {
	return admission.NewBudget(max(l.Filled().Held, 2*l.Body+l.Response))
}

// letGo counts off what a call has kept.
func (c *call) letGo() {
	if c.share != nil {
		c.share.Give()
	}
}

// deliver sends a body.
func (c *call) deliver(body []byte) {
	conn := http.NewResponseController(c.ResponseWriter)
	for len(body) > pieceBytes {
		_ = conn.SetWriteDeadline(untilNextPiece())
		if _, err := c.ResponseWriter.Write(body[:pieceBytes]); err != nil {
			return // a client that went away is the log's matter
		}
		if body = body[pieceBytes:]; len(body) <= pieceBytes {
			_ = conn.SetWriteDeadline(untilNextPiece())
		}
	}
	_, _ = c.ResponseWriter.Write(body)
}
