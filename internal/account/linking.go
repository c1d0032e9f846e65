package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/value"
)

// mayLink refuses where the project does not let accounts choose their identities, and holders whose session is over.
func (s *Service) mayLink(ctx context.Context, h auth.Holder) error {
	if !s.Settings.Linking {
		return Refuse(LinkingDisabled, "Manual linking is disabled")
	}
	_, err := s.Me(ctx, h)
	return err
}

// landLink links an identity to the account that asked for it. After a journey it waits for the client's proof (PKCE): otherwise
// somebody could have another person's browser link that person's identity to an account of their own. An ID token that comes with
// the account's own token is linked at once.
func (s *Service) landLink(ctx context.Context, id *social.Identity, v visit, uid, session string, from Caller) (code string, out *Signed, err error) {
	var x *Session
	var u *User
	holder := auth.Holder{Session: session}
	err = s.settle(ctx, func(tx *records.Tx) error {
		x, code = nil, ""
		if err := hold(tx, uid); err != nil { // who signs it out sees the code
			return err
		}
		if err := s.present(tx, holder); err != nil {
			return err
		}
		if v.Challenge.Code != "" {
			code, err = s.deposit(tx, uid, linking, v.Challenge, id)
			return err
		}
		if u, err = s.link(tx, uid, id, from); err != nil {
			return err
		}
		x, err = s.begin(tx, u, oauth, from)
		return err
	})
	if err != nil || x == nil {
		return code, nil, err
	}
	if out, err = s.sign(u, x); err == nil {
		out.ProviderToken, out.ProviderRefreshToken = id.AccessToken, id.RefreshToken
	}
	return "", out, err
}

// link gives an account an identity that nobody has.
func (s *Service) link(tx *records.Tx, uid string, id *social.Identity, from Caller) (*User, error) {
	row, known, err := identityRow(tx, id)
	switch {
	case err != nil:
		return nil, err
	case known && row.Text("user_id") == uid:
		return nil, Refuse(IdentityExists, "Identity is already linked")
	case known:
		return nil, Refuse(IdentityExists, "Identity is already linked to another user")
	}
	if err := hold(tx, uid); err != nil {
		return nil, err
	}
	u, err := s.User(tx, uid)
	if err == nil && u.Banned(timeOf(tx)) {
		err = Refuse(UserBanned, "User is banned")
	}
	if err != nil {
		return nil, err
	}
	return s.attach(tx, u, id, addressOf(id), from)
}

// IDToken is one that an app got from a provider by itself.
type IDToken struct {
	Provider, Token, AccessToken, Nonce string
	Redirect, Locale                    string       // of the message, where the address has to be confirmed
	Holder                              *auth.Holder // whose account gets the identity; nil: somebody signs in
}

// SignInByIDToken begins a session for an ID token.
func (s *Service) SignInByIDToken(ctx context.Context, r IDToken, from Caller) (*Signed, error) {
	if r.Provider == "" || r.Token == "" {
		return nil, malformed("provider and id_token required")
	}
	p, err := s.Provider(r.Provider)
	if err == nil && r.Holder != nil {
		err = s.mayLink(ctx, *r.Holder)
	}
	if err != nil {
		return nil, err
	}
	id, err := p.IDToken(ctx, r.Token, r.Nonce, r.AccessToken)
	var refused *social.Refused
	switch {
	case errors.As(err, &refused):
		return nil, malformed("Bad ID token: %s", refused.Reason)
	case err != nil:
		return nil, away(err)
	}
	v := visit{Redirect: r.Redirect, Locale: r.Locale}
	var out *Signed
	if r.Holder != nil {
		_, out, err = s.landLink(ctx, id, v, r.Holder.Actor.UID, r.Holder.Session, from)
	} else {
		_, out, err = s.landSignIn(ctx, id, v, from)
	}
	return out, err
}

// Unlink takes an identity from the holder's account, as long as another way in stays.
func (s *Service) Unlink(ctx context.Context, h auth.Holder, identity string, from Caller) error {
	if err := s.mayLink(ctx, h); err != nil {
		return err
	}
	id, err := uuid.Parse(identity)
	if err != nil {
		return &Refusal{Code: IdentityNotFound, Message: "identity_id must be an UUID"}
	}
	return s.write(ctx, func(tx *records.Tx) error {
		if err := hold(tx, h.Actor.UID); err != nil {
			return err
		}
		if err := s.present(tx, h); err != nil {
			return err
		}
		u, err := s.User(tx, h.Actor.UID)
		if err != nil {
			return err
		}
		return s.unlink(tx, u, id.String(), from)
	})
}

func (s *Service) unlink(tx *records.Tx, u *User, identity string, from Caller) error {
	var gone *Identity
	var rest []Identity
	for i, one := range u.Identities {
		if one.IdentityID == identity {
			gone = &u.Identities[i]
		} else {
			rest = append(rest, one)
		}
	}
	switch {
	case gone == nil:
		return Refuse(IdentityNotFound, "Identity doesn't exist")
	case len(rest) == 0:
		return Refuse(LastIdentity, "User must have at least 1 identity after unlinking")
	}
	open, err := s.wayIn(tx, u, gone, rest)
	if err != nil {
		return err
	}
	if !open {
		return Refuse(EmailConflictIdentity, "Without this identity there would be no way into the account: confirm an address or link another identity first")
	}
	if _, err := tx.Remove("identities", records.Is("id", value.OfUUID(identity))); err != nil {
		return err
	}
	if gone.Provider == "email" {
		if _, err := tx.Remove("passwords", records.Is("user_id", value.OfUUID(u.ID))); err != nil {
			return err
		}
	}
	return s.audit(tx, from, "identity_unlinked", u.ID, u.ID, map[string]any{"provider": gone.Provider})
}

// wayIn reports whether somebody can still sign in once an identity is gone: at another provider that the project has, by the
// address or number that is confirmed, by a passkey.
func (s *Service) wayIn(tx *records.Tx, u *User, gone *Identity, rest []Identity) (bool, error) {
	for _, one := range rest {
		if _, err := s.Provider(one.Provider); err == nil {
			return true, nil
		}
	}
	password, err := s.passwordOf(tx, u.ID)
	if err != nil {
		return false, err
	}
	if gone.Provider == "email" {
		password = ""
	}
	switch {
	case u.EmailConfirmedAt != nil && (password != "" || s.mailable() == nil), u.PhoneConfirmedAt != nil && password != "":
		return true, nil
	case s.Party == nil:
		return false, nil
	}
	keys, _, err := tx.Read(records.Query{Of: "passkeys", Where: []records.Cond{records.Is("user_id", value.OfUUID(u.ID))}, Limit: 1})
	return len(keys) > 0, err
}
