package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/value"
)

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Challenge is the client's side of PKCE (RFC 7636); its zero value is none.
type Challenge struct{ Code, Method string }

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// Check refuses half a challenge and unknown methods, so that nobody is talked out of the proof.
func (c Challenge) Check() error {
	switch {
	case c.Code == "" && c.Method == "":
		return nil
	case c.Code == "" || c.Method == "":
		return malformed("PKCE flow requires code_challenge_method and code_challenge")
	case !strings.EqualFold(c.Method, "s256") && !strings.EqualFold(c.Method, "plain"):
		return malformed("code challenge method must be s256 or plain")
	case !challengeForm.MatchString(c.Code):
		return malformed("code challenge has to be between 43 and 128 characters: letters, digits, '.', '_', '~' and '-'")
	}
	return nil
}

// answers reports whether a verifier is the one of the challenge.
func (c Challenge) answers(verifier string) bool {
	if strings.EqualFold(c.Method, "s256") {
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return same(c.Code, verifier)
}

// flow is a sign-in by PKCE that waits for its proof. method is what amr says of it.
func (s *Service) flow(tx *records.Tx, uid, kind, method string, c Challenge) (id string, err error) {
	if c.Code == "" {
		return "", nil
	}
	amr, err := records.JSON([]auth.Method{{Method: method}})
	if err != nil {
		return "", err
	}
	now := timeOf(tx)
	row, err := tx.Add("flows", records.Row{"user_id": records.UUID(uid), "kind": value.OfText(kind), "challenge": value.OfText(c.Code),
		"method": value.OfText(strings.ToLower(c.Method)), "amr": amr, "created_at": records.Time(now), "expires_at": records.Time(now.Add(linkTTL))})
	return row.Text("id"), err
}

// code ends a flow's way through the browser: the client gets its session for the code and the verifier.
func (s *Service) code(tx *records.Tx, flow, uid string) (string, error) {
	code, err := s.random(32)
	if err != nil {
		return "", err
	}
	rows, err := tx.Change("flows", records.Row{"user_id": value.OfUUID(uid), "code": value.OfText(digest(code)),
		"expires_at": records.Time(timeOf(tx).Add(flowTTL))}, records.Is("id", value.OfUUID(flow)), records.Null("code"))
	if err == nil && len(rows) != 1 {
		err = Refuse(FlowNotFound, "invalid flow state, no valid flow state found")
	}
	return code, err
}

// uncollected takes from an account the codes that nobody has exchanged yet: each is as good as a session.
func uncollected(tx *records.Tx, uid string) error {
	_, err := tx.Remove("flows", records.Is("user_id", value.OfUUID(uid)), records.From("code", value.OfText("")))
	return err
}

// Exchange gives the session of a code, once, and only to whoever began: a wrong verifier spends the code too.
func (s *Service) Exchange(ctx context.Context, code, verifier string, from Caller) (*Signed, error) {
	if code == "" || verifier == "" {
		return nil, malformed("invalid request: both auth code and code verifier should be non-empty")
	}
	var x *Session
	var u *User
	var refused error
	var row records.Row
	err := s.settle(ctx, func(tx *records.Tx) error {
		refused = nil
		rows, err := tx.Remove("flows", records.Is("code", value.OfText(digest(code))))
		if err != nil {
			return err
		}
		switch row = first(rows); {
		case row == nil:
			return Refuse(FlowNotFound, "invalid flow state, no valid flow state found")
		case row.Time("expires_at").Before(timeOf(tx)):
			refused = Refuse(FlowExpired, "Flow state is expired")
			return nil
		case !(Challenge{row.Text("challenge"), row.Text("method")}).answers(verifier):
			refused = Refuse(BadVerifier, "code challenge does not match previously saved code verifier")
			return nil
		}
		if u, err = s.User(tx, row.Text("user_id")); err != nil {
			return err
		}
		if u, refused, err = s.proven(tx, row, u, from); err != nil || refused != nil {
			return err
		}
		var amr []auth.Method
		if err := row.JSON("amr", &amr); err != nil || len(amr) == 0 {
			return firstError(err, Refuse(FlowNotFound, "invalid flow state, no valid flow state found"))
		}
		if x, err = s.begin(tx, u, amr[0].Method, from); err != nil {
			return err
		}
		return s.audit(tx, from, "login", u.ID, u.ID, map[string]any{"method": amr[0].Method})
	})
	if err != nil || refused != nil {
		return nil, firstError(err, refused)
	}
	out, err := s.sign(u, x)
	if err != nil {
		return nil, err
	}
	return out, s.carried(row, out)
}

// carried adds the provider's own tokens that a flow has kept for its client.
func (s *Service) carried(flow records.Row, out *Signed) error {
	sealed := flow.Text("sealed")
	if sealed == "" {
		return nil
	}
	var id social.Identity
	if err := s.unseal(cargoFor, sealed, &id); err != nil {
		return err
	}
	out.ProviderToken, out.ProviderRefreshToken = id.AccessToken, id.RefreshToken
	return nil
}

func first(rows []records.Row) records.Row {
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

// minutes is a duration as messages say it.
func minutes(d time.Duration) int { return int(d / time.Minute) }
