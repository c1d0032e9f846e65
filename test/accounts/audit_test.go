package accounts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// trail is what the audit trail says of an account, the oldest first: each entry's action and the traits that are asked for, and
// who acted where it was not the account itself.
func (s *site) trail(t *testing.T, of string, traits ...string) (out []string) {
	t.Helper()
	r := s.admin().get("admin/audit?per_page=1000").want(t, 200)
	for i := 0; r.field(fmt.Sprintf("%d.id", i)) != ""; i++ {
		at := fmt.Sprintf("%d.payload.", i)
		if r.field(at+"user_id") != of {
			continue
		}
		said := r.field(at + "action")
		for _, name := range traits {
			if v := r.field(at + "traits." + name); v != "" {
				said += " " + name + "=" + v
			}
		}
		if r.field(at+"actor_id") != of {
			said += " by=" + r.field(at+"traits.by")
		}
		if r.field(fmt.Sprintf("%d.created_at", i)) == "" || r.field(fmt.Sprintf("%d.ip_address", i)) == "" {
			t.Errorf("an entry without a time or an address: %s", said)
		}
		out = append([]string{said}, out...)
	}
	return out
}

func wantTrail(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the trail says\n  %s\nand not\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestTheTrailTellsTheLifeOfAFactor(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "Phone")
		ada.try(t, phone.id, ada.challenge(t, phone.id), phone.wrong(t)).want(t, 422)
		ada.prove(t, phone)
		ada.me().delete("factors/"+phone.id).want(t, 200)
		lost := ada.enroll(t, "Lost")
		ada.prove(t, lost)
		s.admin().delete("admin/users/"+ada.id+"/factors/"+lost.id).want(t, 200)
		wantTrail(t, s.trail(t, ada.id, "factor_type", "factor_status", "verified")[1:],
			"factor_in_progress factor_type=totp",
			"challenge_created factor_status=unverified",
			"verification_attempted factor_type=totp verified=false",
			"challenge_created factor_status=unverified",
			"verification_attempted factor_type=totp verified=true",
			"factor_unenrolled factor_type=totp factor_status=verified",
			"factor_in_progress factor_type=totp",
			"challenge_created factor_status=unverified",
			"verification_attempted factor_type=totp verified=true",
			"logout",
			"factor_unenrolled factor_type=totp factor_status=verified by=admin")
		if text := s.admin().get("admin/audit?per_page=1000").Body.String(); !strings.Contains(text, phone.id) || strings.Contains(text, phone.secret) {
			t.Error("the trail names no factor, or a secret: " + text)
		}
	})
}

func TestTheTrailTellsOfRecoveryCodes(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		ada.prove(t, ada.enroll(t, "Phone"))
		before := len(s.trail(t, ada.id))
		codes := ada.me().post("factors/recovery-codes", nil).want(t, 200)
		use := func(code string) reply {
			return ada.me().post("factors/recovery-codes/verify", map[string]string{"code": code})
		}
		use(codes.field("codes.3")).want(t, 200)
		use(codes.field("codes.3")).want(t, 422)
		fresh := ada.me().post("factors/recovery-codes/regenerate", nil).want(t, 200)
		use(fresh.field("codes.0")).want(t, 200)
		ada.me().delete("factors/recovery-codes").want(t, 200)
		wantTrail(t, s.trail(t, ada.id, "count", "remaining", "factor_type", "verified")[before:],
			"recovery_codes_generated count=10",
			"recovery_codes_verified remaining=9",
			"verification_attempted factor_type=recovery_code verified=false",
			"recovery_codes_regenerated count=10",
			"recovery_codes_verified remaining=9",
			"factor_unenrolled factor_type=recovery_code")
		text := s.admin().get("admin/audit?per_page=1000").Body.String()
		for i := range 10 {
			for _, of := range []reply{codes, fresh} {
				if code := of.field(fmt.Sprintf("codes.%d", i)); code == "" || strings.Contains(text, code) {
					t.Errorf("the trail holds the code %q", code)
				}
			}
		}
	})
}

func TestTheTrailTellsTheLifeOfAPasskey(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada, key := s.member(t, "ada@example.org"), testkit.NewAuthenticator(t)
		id := ada.registers(t, key).want(t, 200).field("id")
		in := s.signedIn("ada@example.org", s.byPasskey(t, key).want(t, 200))
		in.me().do("PATCH", "passkeys/"+id, `{"friendly_name":"Laptop"}`).want(t, 200)
		in.me().delete("passkeys/"+id).want(t, 204)
		lost := in.registers(t, testkit.NewAuthenticator(t)).want(t, 200).field("id")
		s.admin().delete("admin/users/"+ada.id+"/passkeys/"+lost).want(t, 204)
		wantTrail(t, s.trail(t, ada.id, "method", "passkey_id")[1:],
			"passkey_created passkey_id="+id,
			"login method=passkey passkey_id="+id,
			"passkey_updated passkey_id="+id,
			"passkey_deleted passkey_id="+id,
			"passkey_created passkey_id="+lost,
			"passkey_deleted passkey_id="+lost+" by=admin")
	})
}
