package account

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/sms"
)

// texting is the kind of a row of the outbox that goes to a phone.
const texting = "sms"

// codeTTL is how long a code holds that has no link beside it.
const codeTTL = 10 * time.Minute

// What a webhook reads of a code's purpose.
const (
	textedSignUp  = "signup"
	textedSignIn  = "sign_in"
	textedChange  = "phone_change"
	textedReproof = "reauthentication"
)

// textable refuses what needs a phone where none can be reached.
func (s *Service) textable() error {
	if s.Texts == nil {
		return Refuse(PhoneDisabled, "Phone sign-ins are disabled: set auth.sms.webhook and auth.sms.secret in socle.yaml")
	}
	return nil
}

// text issues a code and queues the message that brings it.
func (s *Service) text(tx *records.Tx, u *User, kind, secretKind, to string) error {
	if err := s.textable(); err != nil {
		return err
	}
	x, err := s.issue(tx, u.ID, secretKind, to, "", codeTTL)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(sms.Message{To: "+" + to, Code: x.code, Kind: kind, Text: s.worded(u.Locale, x.code)})
	if err != nil {
		return err
	}
	return s.enqueue(tx, texting, to, u.Locale, raw, codeTTL)
}

// worded is a message in the account's language.
func (s *Service) worded(locale, code string) string {
	if tag, _, _ := strings.Cut(strings.ToLower(locale), "-"); tag == "fr" {
		return fmt.Sprintf("%s est votre code pour %s. Ne le donnez à personne.", code, s.Settings.Project)
	}
	return fmt.Sprintf("%s is your code for %s. Give it to nobody.", code, s.Settings.Project)
}

// dispatch hands a message of the outbox over.
func (s *Service) dispatch(ctx context.Context, r records.Row) error {
	raw, err := s.sealer.Open(r.Text("sealed"))
	if err != nil {
		return err
	}
	var m sms.Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if s.Texts == nil {
		return nil // switched off since
	}
	m.ID = r.Text("id")
	return s.Texts.Send(ctx, m)
}

func (s *Service) textConfirmation(tx *records.Tx, u *User) error {
	if err := s.text(tx, u, textedSignUp, confirmation, u.Phone); err != nil {
		return err
	}
	return s.stamp(tx, u, "confirmation_sent_at", &u.ConfirmationSentAt)
}

func (s *Service) textSignIn(tx *records.Tx, u *User, from Caller) error {
	if err := s.text(tx, u, textedSignIn, phoneCode, u.Phone); err != nil {
		return err
	}
	if err := s.stamp(tx, u, "recovery_sent_at", &u.RecoverySentAt); err != nil {
		return err
	}
	return s.audit(tx, from, "user_recovery_requested", "", u.ID, map[string]any{"kind": phoneCode})
}

func (s *Service) textPhoneChange(tx *records.Tx, u *User) error {
	if err := s.text(tx, u, textedChange, phoneChange, u.NewPhone); err != nil {
		return err
	}
	return s.stamp(tx, u, "phone_change_sent_at", &u.PhoneChangeSentAt)
}
