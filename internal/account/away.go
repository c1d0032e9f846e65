package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/value"
)

// Kinds of flows that lead to a provider and back. A journey waits for the browser; the others wait for the proof of PKCE.
const (
	journey   = "journey"   // at the provider
	bySocial  = "social"    // signed in, the session is still to be taken
	linking   = "linking"   // an identity that is linked when the proof comes
	oauth     = "oauth"     // what amr says of all of them
	sealedFor = "a journey" // what the sealed part of a journey is for
	cargoFor  = "provider tokens"
)

// BondAge is how long a browser has to carry the bond of a journey.
const BondAge = flowTTL

// CallbackPath is where providers send browsers back to, below the public URL.
const CallbackPath = "/auth/v1/callback"

// Away is a browser that is to go to a provider.
type Away struct {
	Provider  string
	Scopes    []string
	Params    url.Values // of the caller's request; few are passed on
	Redirect  string
	Locale    string
	Challenge Challenge
	Holder    *auth.Holder // whose account gets the identity; nil: somebody signs in
}

// Departure is where the browser is sent.
type Departure struct {
	Address string
	State   string
	Bond    string // what the same browser has to bring back; "" where something else binds the way back to who began
}

// parcel is what a journey keeps sealed.
type parcel struct {
	Nonce, Verifier, Bond, Session, Locale string
}

// Provider finds a provider of the project's.
func (s *Service) Provider(name string) (*social.Provider, error) {
	if s.Providers != nil {
		if p, ok := s.Providers.Get(name); ok {
			return p, nil
		}
	}
	return nil, malformed("Unsupported provider: provider is not enabled")
}

// Leave begins a sign-in at a provider, or the linking of an identity there. With PKCE the client proves at the end that it
// began; without, the browser has to, by the bond. Linking takes PKCE: its request is a script's, whose browser carries no bond.
func (s *Service) Leave(ctx context.Context, a Away) (Departure, error) {
	p, err := s.Provider(a.Provider)
	if err == nil {
		err = a.Challenge.Check()
	}
	if err == nil && s.Settings.PublicURL == "" {
		err = Refuse(ProviderDisabled, "Providers need an address to send people back to: set public_url in socle.yaml")
	}
	if err == nil && a.Holder != nil {
		err = s.mayLink(ctx, *a.Holder)
		if err == nil && a.Challenge.Code == "" {
			err = malformed("%s", linkingNeedsPKCE)
		}
	}
	if err != nil {
		return Departure{}, err
	}
	var secrets [4]string
	for i := range secrets {
		if secrets[i], err = s.random(32); err != nil {
			return Departure{}, err
		}
	}
	d := Departure{State: secrets[0]}
	kept := parcel{Nonce: secrets[1], Verifier: secrets[2], Locale: a.Locale}
	switch {
	case a.Holder != nil:
		kept.Session = a.Holder.Session
	case a.Challenge.Code == "":
		d.Bond, kept.Bond = secrets[3], digest(secrets[3])
	}
	sum := sha256.Sum256([]byte(kept.Verifier))
	d.Address, err = p.AuthorizeURL(ctx, social.AuthRequest{State: d.State, Nonce: kept.Nonce, Challenge: base64.RawURLEncoding.EncodeToString(sum[:]),
		Redirect: s.Settings.PublicURL + CallbackPath, Scopes: a.Scopes, Params: a.Params})
	if err != nil {
		return Departure{}, away(err)
	}
	return d, s.depart(ctx, a, d.State, kept)
}

const linkingNeedsPKCE = "Linking an identity needs PKCE: send code_challenge and code_challenge_method, as supabase-js does with flowType 'pkce'"

// depart stores a journey.
func (s *Service) depart(ctx context.Context, a Away, state string, kept parcel) error {
	sealed, err := s.seal(sealedFor, kept)
	if err != nil {
		return err
	}
	uid := ""
	if a.Holder != nil {
		uid = a.Holder.Actor.UID
	}
	return s.Book.Write(ctx, func(tx *records.Tx) error {
		now := timeOf(tx)
		_, err := tx.Add("flows", records.Row{"user_id": records.UUID(uid), "kind": value.OfText(journey), "provider": value.OfText(a.Provider),
			"challenge": records.Text(a.Challenge.Code), "method": records.Text(strings.ToLower(a.Challenge.Method)),
			"redirect": records.Text(s.Settings.Redirect(a.Redirect)), "state": value.OfText(digest(state)), "sealed": value.OfText(sealed),
			"created_at": records.Time(now), "expires_at": records.Time(now.Add(flowTTL))})
		return err
	})
}

// seal closes what a flow keeps, for one purpose.
func (s *Service) seal(purpose string, v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return s.sealer.Seal(append([]byte(purpose+"\x00"), raw...)), nil
}

// unseal opens what seal closed for the purpose.
func (s *Service) unseal(purpose, sealed string, into any) error {
	raw, err := s.sealer.Open(sealed)
	if err != nil {
		return err
	}
	label, rest, _ := strings.Cut(string(raw), "\x00")
	if label != purpose {
		return errors.New("sealed for another purpose")
	}
	return json.Unmarshal([]byte(rest), into)
}

// returned are the members of a provider's answer that are looked at.
var returned = []string{"state", "code", "error", "iss", "user"}

// Post keeps an answer that a provider's page posted for the same browser's next request: what browsers send along with a
// request that another site posts is less than with one that they follow.
func (s *Service) Post(form url.Values) (string, error) {
	kept := url.Values{}
	for _, name := range returned {
		if given := form[name]; len(given) > 0 {
			kept[name] = given
		}
	}
	if len(kept.Encode()) > longestAnswer {
		return "", Refuse(BadOAuthCallback, "The provider's answer is longer than %d bytes", longestAnswer)
	}
	return s.seal(answerFor, kept)
}

const (
	answerFor     = "a posted answer"
	longestAnswer = 8 << 10
)

// Posted is an answer that Post kept.
func (s *Service) Posted(sealed string) (url.Values, error) {
	out := url.Values{}
	if err := s.unseal(answerFor, sealed, &out); err != nil {
		return nil, Refuse(BadOAuthCallback, "This is not an answer of a provider's")
	}
	return out, nil
}

// Landing is where the browser goes after a journey, and with what: a code, a session, or the reason why there is neither.
type Landing struct {
	Redirect string
	Code     string
	Signed   *Signed
	Err      error
	Said     string // the provider's own error, as RFC 6749 names it
}

// saids are the errors of a provider that are passed on.
var saids = []string{"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error",
	"temporarily_unavailable", "interaction_required", "login_required", "account_selection_required", "consent_required"}

// Return ends a journey. The state is spent before anything else is looked at.
func (s *Service) Return(ctx context.Context, form url.Values, bond string, from Caller) Landing {
	l := Landing{Redirect: s.Settings.Home()}
	row, err := s.arrive(ctx, form)
	if row != nil {
		l.Redirect = row.Text("redirect")
	}
	if said := form.Get("error"); row != nil && slices.Contains(saids, said) {
		l.Said = said
	}
	if err == nil {
		l.Code, l.Signed, err = s.conclude(ctx, row, form, bond, from)
	}
	l.Err = err
	return l
}

// arrive spends the state of a journey. A row beside an error is one whose time is up.
func (s *Service) arrive(ctx context.Context, form url.Values) (row records.Row, err error) {
	for _, name := range returned {
		if len(form[name]) > 1 {
			return nil, Refuse(BadOAuthCallback, "The provider's answer says %s twice", name)
		}
	}
	state := form.Get("state")
	if state == "" {
		return nil, Refuse(BadOAuthCallback, "OAuth state parameter missing")
	}
	var now time.Time
	err = s.Book.Write(ctx, func(tx *records.Tx) error {
		now = timeOf(tx)
		rows, err := tx.Remove("flows", records.Is("state", value.OfText(digest(state))), records.Is("kind", value.OfText(journey)))
		row = first(rows)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case row == nil:
		return nil, Refuse(BadOAuthState, "OAuth state not found or expired")
	case row.Time("expires_at").Before(now):
		return row, Refuse(BadOAuthState, "OAuth state has expired")
	}
	return row, nil
}

// conclude asks the provider who came back, and signs in or links.
func (s *Service) conclude(ctx context.Context, row records.Row, form url.Values, bond string, from Caller) (code string, out *Signed, err error) {
	var kept parcel
	if err := s.unseal(sealedFor, row.Text("sealed"), &kept); err != nil {
		return "", nil, err
	}
	if kept.Bond != "" && (bond == "" || !same(kept.Bond, digest(bond))) {
		return "", nil, Refuse(BadOAuthState, "This sign-in was begun in another browser")
	}
	p, err := s.Provider(row.Text("provider"))
	if err != nil {
		return "", nil, err
	}
	id, err := p.Exchange(ctx, social.Callback{Code: form.Get("code"), Verifier: kept.Verifier, Redirect: s.Settings.PublicURL + CallbackPath,
		Nonce: kept.Nonce, Form: form})
	if err != nil {
		return "", nil, away(err)
	}
	v := visit{Redirect: row.Text("redirect"), Locale: kept.Locale, Challenge: Challenge{row.Text("challenge"), row.Text("method")}}
	if uid := row.Text("user_id"); uid != "" {
		if v.Challenge.Code == "" {
			return "", nil, malformed("%s", linkingNeedsPKCE)
		}
		return s.landLink(ctx, id, v, uid, kept.Session, from)
	}
	return s.landSignIn(ctx, id, v, from)
}

// away is an error of a provider's as an answer.
func away(err error) error {
	var refused *social.Refused
	var gone *social.Unavailable
	switch {
	case errors.As(err, &refused):
		return Refuse(BadOAuthCallback, "%s", refused.Reason)
	case errors.As(err, &gone):
		return Refuse(Unexpected, "%s", gone.Error()).Because(err)
	}
	return err
}
