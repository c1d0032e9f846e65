package auth

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/policy"
)

// Holder is all that a token says of who holds it.
type Holder struct {
	Actor    policy.Actor
	Session  string   // the session_id claim, a lower-case uuid; "" where the token is of none
	AMR      []Method // how the session was proved; nil where the token does not say
	IssuedAt time.Time
	Expires  time.Time
	Foreign  bool // made by a third-party issuer; Session and AMR are then empty
}

// Method is one item of the amr claim: how somebody proved who they are, and when, in seconds since 1970.
type Method struct {
	Method    string `json:"method"`
	Timestamp int64  `json:"timestamp"`
}

// session reads the claims of the product's own sessions.
func (c *claims) session(all map[string]json.RawMessage) error {
	if err := text(all, "session_id", &c.Session); err != nil {
		return err
	}
	if c.Session != "" {
		id, err := uuid.Parse(c.Session)
		if err != nil || len(c.Session) != 36 {
			return invalid("The JWT 'session_id' claim must be a uuid")
		}
		c.Session = id.String()
	}
	if raw, ok := all["amr"]; ok && !bytes.Equal(raw, []byte("null")) {
		if json.Unmarshal(raw, &c.AMR) != nil || !named(c.AMR) {
			return invalid("The JWT 'amr' claim must be an array of methods with their timestamps")
		}
	}
	return nil
}

func named(methods []Method) bool {
	for _, m := range methods {
		if m.Method == "" {
			return false
		}
	}
	return true
}

// holder is what admitted claims say.
func (c *claims) holder() (Holder, error) {
	actor, err := c.actor()
	if err != nil {
		return Holder{}, err
	}
	h := Holder{Actor: actor, Session: c.Session, AMR: c.AMR, Expires: time.Unix(*c.Exp, 0).UTC()}
	if c.Iat != nil {
		h.IssuedAt = time.Unix(*c.Iat, 0).UTC()
	}
	return h, nil
}
