package account

import (
	"context"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Proof is a link's token, or a code with the address that it was sent to.
type Proof struct {
	Type         string
	Link         string
	Code         string
	Email, Phone string
	Browser      bool // a link that was followed: one of PKCE ends in a code, not in a session
}

// Proved is what a proof gives: a session, the code of a flow, or, for the first of two addresses, neither.
type Proved struct {
	Session *Signed
	Code    string
}

// HalfWay tells who confirmed the first of two addresses what is left to do.
const HalfWay = "Confirmation link accepted. Please proceed to confirm link sent to the other email"

// kindsOf says which secrets a type of proof may spend.
var kindsOf = map[string][]string{
	TypeSignup: {confirmation, introduction}, TypeInvite: {invitation}, TypeMagicLink: {magicLink}, TypeRecovery: {recovery},
	TypeEmail: {confirmation, introduction, magicLink, invitation}, TypeEmailChange: {emailChangeOld, emailChangeNew},
	TypeSMS: {phoneCode, confirmation}, TypePhoneChange: {phoneChange},
}

// kinds checks a proof, and writes its address in its one form.
func (p *Proof) kinds() (kinds []string, err error) {
	kinds, ok := kindsOf[p.Type]
	byPhone := p.Type == TypeSMS || p.Type == TypePhoneChange
	switch {
	case p.Type == "":
		return nil, malformed("Verify requires a verification type")
	case !ok || p.Link != "" && byPhone:
		return nil, malformed("Unsupported verification type")
	case p.Link != "":
		if p.Email != "" || p.Phone != "" || p.Code != "" {
			err = malformed("Only the token_hash and type should be provided")
		}
	case p.Code == "":
		err = malformed("Verify requires a token or a token hash")
	case p.Email != "" && p.Phone != "" || byPhone && p.Phone == "" || !byPhone && p.Email == "":
		err = malformed("Only an email address or phone number should be provided on verify, as the type says")
	case byPhone:
		p.Phone, err = Phone(p.Phone)
	default:
		p.Email, err = Email(p.Email)
	}
	return kinds, err
}

// Verify spends what was sent to an address, which that proves. Of several at once one succeeds.
func (s *Service) Verify(ctx context.Context, p Proof, from Caller) (*Proved, error) {
	kinds, err := p.kinds()
	if err != nil {
		return nil, err
	}
	var v verification
	err = s.write(ctx, func(tx *records.Tx) error {
		v = verification{Service: s, tx: tx, from: from, browser: p.Browser}
		got, err := v.spend(p, kinds)
		if err != nil {
			return err
		}
		if got == nil {
			v.refused = expired()
			return s.audit(tx, from, "verification_failed", "", "", map[string]any{"type": p.Type})
		}
		return v.accept(got)
	})
	if err = firstError(taken(err), v.refused); err != nil {
		return nil, err
	}
	out := &Proved{Code: v.code}
	if v.session != nil {
		out.Session, err = s.sign(v.user, v.session)
	}
	return out, err
}

// verification is one run of Verify.
type verification struct {
	*Service
	tx      *records.Tx
	from    Caller
	browser bool

	user    *User
	session *Session
	code    string
	refused error
}

func (v *verification) spend(p Proof, kinds []string) (*spent, error) {
	if p.Link != "" {
		return v.redeem(v.tx, p.Link, kinds...)
	}
	address := p.Email
	if address == "" {
		address = p.Phone
	}
	return v.redeemTyped(v.tx, address, p.Code, kinds...)
}

// accept does what the secret stands for, and signs its owner in.
func (v *verification) accept(got *spent) (err error) {
	if err := hold(v.tx, got.uid); err != nil { // both addresses of a change may answer at one time
		return err
	}
	if v.user, err = v.User(v.tx, got.uid); err != nil {
		return err
	}
	if v.browser && got.kind == introduction && got.flow != "" { // whose browser it is shows with the verifier
		v.code, err = v.Service.code(v.tx, got.flow, got.uid)
		return err
	}
	half := false
	switch got.kind {
	case emailChangeOld, emailChangeNew:
		half, err = v.changeEmail(v.tx, v.user, got, v.from)
	case phoneChange:
		err = v.changePhone(v.tx, v.user, got, v.from)
	default:
		err = v.prove(v.tx, v.user, got, v.from)
	}
	if err != nil || half {
		return err
	}
	if v.user, err = v.User(v.tx, got.uid); err != nil {
		return err
	}
	if v.browser && got.flow != "" {
		v.code, err = v.Service.code(v.tx, got.flow, got.uid)
		return err
	}
	if err := v.forgo(got.flow); err != nil {
		return err
	}
	if v.session, err = v.begin(v.tx, v.user, "otp", v.from); err != nil {
		return err
	}
	return v.audit(v.tx, v.from, "login", got.uid, got.uid, map[string]any{"method": "otp"})
}

// forgo drops the flow of a link whose token was handed in itself.
func (v *verification) forgo(flow string) error {
	if flow == "" {
		return nil
	}
	_, err := v.tx.Remove("flows", records.Is("id", value.OfUUID(flow)))
	return err
}

// prove takes down that an address is its owner's. Whoever proves it by other means than the sign-up itself may not be who set the
// account up: what that one could sign in with goes.
func (s *Service) prove(tx *records.Tx, u *User, got *spent, from Caller) error {
	row := records.Row{"is_anonymous": value.OfBool(false)}
	now, email, phone, proved := records.Time(timeOf(tx)), "", "", false
	switch got.address {
	case u.Email:
		email, proved, row["email_confirmed_at"] = u.Email, u.EmailConfirmedAt != nil, now
	case u.Phone:
		phone, proved, row["phone_confirmed_at"] = u.Phone, u.PhoneConfirmedAt != nil, now
	default:
		return expired() // it is not the account's any more
	}
	if proved {
		return nil
	}
	var err error
	switch {
	case got.kind != confirmation:
		err = s.wipe(tx, u, got.flow, from)
	case u.ConfirmedAt == nil && email != "":
		err = s.disown(tx, u)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Change("users", row, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	if err := s.known(tx, u.ID, email, phone, email != "", phone != ""); err != nil {
		return err
	}
	return s.audit(tx, from, "user_confirmed", u.ID, u.ID, map[string]any{"by": got.kind})
}

// wipe takes from an account everything that somebody could sign in with who has not proved its address, but for one flow.
func (s *Service) wipe(tx *records.Tx, u *User, flow string, from Caller) error {
	mine := records.Is("user_id", value.OfUUID(u.ID))
	if err := disarm(tx, mine); err != nil {
		return err
	}
	flows := []records.Cond{mine}
	if flow != "" {
		flows = append(flows, records.Not("id", value.OfUUID(flow)))
	}
	if _, err := tx.Remove("flows", flows...); err != nil {
		return err
	}
	if _, err := tx.Change("users", records.Row{"new_email": value.Value{}, "new_phone": value.Value{}}, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	if _, err := tx.Remove("identities", mine, records.Not("provider", value.OfText("email")), records.Not("provider", value.OfText("phone"))); err != nil {
		return err
	}
	return s.expel(tx, u.ID, from)
}
