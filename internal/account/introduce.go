package account

import (
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/value"
)

// Kinds of what comes of an address that a provider does not vouch for. What is introduced is an identity, to the owner of the address;
// it waits in a flow of this kind. An owner who is known by the address is told instead.
const (
	introduction = "introduction"
	introduced   = "introduction_told"
)

// resend is the shortest time between two messages to one address that sign-ins at providers cause by themselves.
const resend = time.Minute

// introduce asks the owner of an address that came with an identity. The identity becomes the account's when both sides show themselves
// to be one person: the link is followed in the mailbox, and its code exchanged by who began, with PKCE. Without, whoever follows the
// link has an account that nobody else can enter, and the identity is left out. The answer is the same for an address that is taken.
func (s *Service) introduce(tx *records.Tx, owner *User, id *social.Identity, email string, v visit, from Caller) (refused, err error) {
	if err := s.mailable(); err != nil {
		return nil, err
	}
	if owner == nil {
		if owner, err = s.register(tx, asked{Ask{Email: email, Locale: locale(id.Data, v.Locale)}, from}); err != nil {
			return nil, err
		}
	}
	kind := introduction
	if owner.ConfirmedAt != nil {
		kind = introduced
	}
	recent, err := s.introducedLately(tx, owner.ID, kind)
	switch {
	case err != nil:
		return nil, err
	case recent || owner.Banned(timeOf(tx)):
	case kind == introduced:
		err = s.announce(tx, owner)
	default:
		err = s.ask(tx, owner, id, v)
	}
	if err != nil {
		return nil, err
	}
	return Refuse(ProviderEmailUnverified, "Unverified email with %s. A confirmation email has been sent to your %s email", id.Provider, id.Provider), nil
}

// introducedLately reports whether the last message of the kind was sent too short a time ago for another one.
func (s *Service) introducedLately(r *records.Tx, uid, kind string) (bool, error) {
	row, there, err := records.Find(r, "secrets", records.Is("user_id", value.OfUUID(uid)), records.Is("kind", value.OfText(kind)))
	return there && row.Time("created_at").Add(resend).After(timeOf(r)), err
}

// announce tells the owner of an account. The secret is nobody's: it says when that was.
func (s *Service) announce(tx *records.Tx, owner *User) error {
	if _, err := s.issue(tx, owner.ID, introduced, owner.Email, "", resend); err != nil {
		return err
	}
	return s.tell(tx, owner)
}

// ask sends the owner of an address the link that proves it. An identity of another address does not wait for that.
func (s *Service) ask(tx *records.Tx, owner *User, id *social.Identity, v visit) error {
	if addressOf(id) != owner.Email {
		v.Challenge = Challenge{}
	}
	flow, err := s.laden(tx, owner.ID, introduction, v.Challenge, id)
	if err != nil {
		return err
	}
	if err := s.send(tx, owner, mail.Confirmation, introduction, TypeSignup, owner.Email, flow, v.Redirect, linkTTL); err != nil {
		return err
	}
	return s.stamp(tx, owner, "confirmation_sent_at", &owner.ConfirmationSentAt)
}

// meet gives an account the identity that was introduced to its address, once who began has shown the verifier beside the code of the
// link. What somebody else has set an account up with that nobody had proved goes.
func (s *Service) meet(tx *records.Tx, uid string, id *social.Identity, from Caller) (*User, error) {
	if err := hold(tx, uid); err != nil {
		return nil, err
	}
	u, err := s.User(tx, uid)
	if err != nil {
		return nil, err
	}
	row, known, err := identityRow(tx, id)
	switch email := addressOf(id); {
	case err != nil:
		return nil, err
	case email != u.Email:
		return nil, expired() // it is not the account's any more
	case known && row.Text("user_id") != u.ID:
		return nil, Refuse(IdentityExists, "Identity is already linked to another user")
	case u.Banned(timeOf(tx)):
		return nil, Refuse(UserBanned, "User is banned")
	case u.EmailConfirmedAt == nil:
		return s.takeOver(tx, u, id, email, from)
	case known:
		return u, nil
	default:
		return s.attach(tx, u, id, email, from)
	}
}

// proven does what waited for the proof of PKCE; refused is a refusal after which the code stays spent.
func (s *Service) proven(tx *records.Tx, flow records.Row, u *User, from Caller) (out *User, refused, err error) {
	kind := flow.Text("kind")
	if kind != linking && kind != introduction {
		return u, nil, nil
	}
	var id social.Identity
	if err := s.unseal(cargoFor, flow.Text("sealed"), &id); err != nil {
		return nil, nil, err
	}
	if kind == linking {
		out, err = s.link(tx, u.ID, &id, from)
	} else {
		out, err = s.meet(tx, u.ID, &id, from)
	}
	var no *Refusal
	if errors.As(err, &no) {
		return u, no, nil
	}
	return out, nil, err
}
