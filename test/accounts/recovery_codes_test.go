package accounts_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestARecoveryCodeStandsInForALostFactorOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		ada.me().get("factors/recovery-codes").refused(t, 404, "mfa_factor_not_found")
		ada.me().post("factors/recovery-codes", nil).refused(t, 403, "insufficient_aal")
		phone := ada.enroll(t, "Phone")
		ada.prove(t, phone)
		s.mail("ada@example.org")
		r := ada.me().post("factors/recovery-codes", `{"friendly_name":"Safe"}`).want(t, 200, `{"type":"recovery_code","total":10,"friendly_name":"Safe"}`)
		s.mail("ada@example.org")
		code := r.field("codes.0")
		if len(code) != 16 || strings.ToLower(code) != code || strings.Contains(code, "-") {
			t.Fatal(code)
		}
		ada.me().post("factors/recovery-codes", nil).refused(t, 422, "mfa_verified_factor_exists")
		ada.me().get("user").want(t, 200, `{"factors":[{"factor_type":"totp"},{"factor_type":"recovery_code","status":"verified"}]}`)

		weak := s.signIn(t, "ada@example.org")
		typed := strings.ToUpper(code[:4] + "-" + code[4:8] + " " + code[8:])
		used := weak.me().post("factors/recovery-codes/verify", map[string]string{"code": typed}).want(t, 200)
		weak.access, weak.refresh = used.field("access_token"), used.field("refresh_token")
		weak.want(t, "aal2", "mfa/recovery_code", "password")
		if m := s.mail("ada@example.org"); !strings.Contains(m.Text(), "9") {
			t.Error(m.Text())
		}
		again := s.signIn(t, "ada@example.org")
		again.me().post("factors/recovery-codes/verify", map[string]string{"code": code}).refused(t, 422, "mfa_verification_failed")
		weak.me().get("factors/recovery-codes").want(t, 200, fmt.Sprintf(`{"id":%q,"type":"recovery_code","total":10,"remaining":9}`, r.field("id")))

		weak.me().delete("factors/"+phone.id).refused(t, 422, "mfa_recovery_codes_sole_factor")
		weak.me().delete("factors/"+r.field("id")).refused(t, 400, "validation_failed")
		weak.me().delete("factors/recovery-codes").want(t, 200, fmt.Sprintf(`{"id":%q}`, r.field("id")))
		weak.renew(t)
		weak.want(t, "aal1", "password")
		ada.me().delete("factors/"+phone.id).want(t, 200)
	})
}

func TestNewRecoveryCodesTakeThePlaceOfTheOld(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		ada.prove(t, ada.enroll(t, ""))
		ada.me().post("factors/recovery-codes/regenerate", nil).refused(t, 404, "mfa_factor_not_found")
		old := ada.me().post("factors/recovery-codes", nil).want(t, 200)
		fresh := ada.me().post("factors/recovery-codes/regenerate", nil).want(t, 200, fmt.Sprintf(`{"id":%q,"total":10}`, old.field("id")))
		weak := s.signIn(t, "ada@example.org")
		weak.me().post("factors/recovery-codes/regenerate", nil).refused(t, 403, "insufficient_aal")
		weak.me().post("factors/recovery-codes/verify", map[string]string{"code": old.field("codes.0")}).refused(t, 422, "mfa_verification_failed")
		weak.me().post("factors/recovery-codes/verify", map[string]string{"code": fresh.field("codes.0")}).want(t, 200)
	})
}

func TestGuessingRecoveryCodesLocksThem(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		ada.prove(t, ada.enroll(t, ""))
		var made struct{ Codes []string }
		if err := json.Unmarshal(ada.me().post("factors/recovery-codes", nil).want(t, 200).Body.Bytes(), &made); err != nil || len(made.Codes) != 10 {
			t.Fatal(made, err)
		}
		weak := s.signIn(t, "ada@example.org")
		for range 5 {
			weak.me().post("factors/recovery-codes/verify", `{"code":"0000-0000-0000-0000"}`).refused(t, 422, "mfa_verification_failed")
		}
		weak.me().post("factors/recovery-codes/verify", map[string]string{"code": made.Codes[0]}).refused(t, 429, "mfa_recovery_codes_locked")
		s.clock.advance(10*time.Minute + time.Second)
		weak.me().post("factors/recovery-codes/verify", map[string]string{"code": made.Codes[0]}).want(t, 200)
	})
}
