package account

import (
	"errors"
	"fmt"
)

// Code names a refusal. Clients of GoTrue decide by it, so the names are GoTrue's.
type Code string

// The codes.
const (
	ValidationFailed      Code = "validation_failed"
	BadJSON               Code = "bad_json"
	BadJWT                Code = "bad_jwt"
	NoAuthorization       Code = "no_authorization"
	NotAdmin              Code = "not_admin"
	Unexpected            Code = "unexpected_failure"
	InvalidCredentials    Code = "invalid_credentials"
	EmailNotConfirmed     Code = "email_not_confirmed"
	PhoneNotConfirmed     Code = "phone_not_confirmed"
	EmailExists           Code = "email_exists"
	PhoneExists           Code = "phone_exists"
	UserExists            Code = "user_already_exists"
	UserNotFound          Code = "user_not_found"
	UserBanned            Code = "user_banned"
	SessionNotFound       Code = "session_not_found"
	SessionExpired        Code = "session_expired"
	RefreshNotFound       Code = "refresh_token_not_found"
	RefreshUsed           Code = "refresh_token_already_used"
	FlowNotFound          Code = "flow_state_not_found"
	FlowExpired           Code = "flow_state_expired"
	BadVerifier           Code = "bad_code_verifier"
	BadOAuthState         Code = "bad_oauth_state"
	BadOAuthCallback      Code = "bad_oauth_callback"
	OTPExpired            Code = "otp_expired"
	OTPDisabled           Code = "otp_disabled"
	SignupDisabled        Code = "signup_disabled"
	EmailDisabled         Code = "email_provider_disabled"
	PhoneDisabled         Code = "phone_provider_disabled"
	AnonymousDisabled     Code = "anonymous_provider_disabled"
	ProviderDisabled      Code = "provider_disabled"
	UnsupportedProvider   Code = "oauth_provider_not_supported"
	WeakPassword          Code = "weak_password"
	SamePassword          Code = "same_password"
	ReauthenticationNeed  Code = "reauthentication_needed"
	ReauthenticationBad   Code = "reauthentication_not_valid"
	IdentityExists        Code = "identity_already_exists"
	IdentityNotFound      Code = "identity_not_found"
	LastIdentity          Code = "single_identity_not_deletable"
	LinkingDisabled       Code = "manual_linking_disabled"
	FactorNotFound        Code = "mfa_factor_not_found"
	FactorNameConflict    Code = "mfa_factor_name_conflict"
	ChallengeExpired      Code = "mfa_challenge_expired"
	VerificationFailed    Code = "mfa_verification_failed"
	TooManyFactors        Code = "too_many_enrolled_mfa_factors"
	IPMismatch            Code = "mfa_ip_address_mismatch"
	TOTPEnrollDisabled    Code = "mfa_totp_enroll_not_enabled"
	WebAuthnDisabled      Code = "mfa_webauthn_enroll_not_enabled"
	PhoneFactorDisabled   Code = "mfa_phone_enroll_not_enabled"
	InsufficientAAL       Code = "insufficient_aal"
	PasskeyNotFound       Code = "passkey_not_found"
	PasskeyDisabled       Code = "passkey_disabled"
	TooManyPasskeys       Code = "too_many_passkeys"
	KeyChallengeNotFound  Code = "webauthn_challenge_not_found"
	KeyChallengeExpired   Code = "webauthn_challenge_expired"
	KeyRefused            Code = "webauthn_verification_failed"
	KeyExists             Code = "webauthn_credential_exists"
	KeyNotFound           Code = "webauthn_credential_not_found"
	VerifiedFactorExists  Code = "mfa_verified_factor_exists"
	RecoveryCodesAlone    Code = "mfa_recovery_codes_sole_factor"
	RecoveryCodesLocked   Code = "mfa_recovery_codes_locked"
	RequestLimit          Code = "over_request_rate_limit"
	EmailLimit            Code = "over_email_send_rate_limit"
	EmailInvalid          Code = "email_address_invalid"
	RequestTimeout        Code = "request_timeout"
	HookTimeout           Code = "hook_timeout"
	HookPayload           Code = "hook_payload_invalid_content_type"
	UserSSOManaged        Code = "user_sso_managed"
	InviteNotFound        Code = "invite_not_found"
	AudienceUnexpected    Code = "unexpected_audience"
	EmailConflictIdentity Code = "email_conflict_identity_not_deletable"
	Conflict              Code = "conflict"
)

// Refusal is an answer to whoever asked: it says what is wrong and is safe to show.
type Refusal struct {
	Code    Code
	Message string
	Reasons []string // weak_password alone
	Later   bool     // right or wrong, it was tried too often: another time
	cause   error
}

// Refuse makes a refusal.
func Refuse(code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }

// Unwrap is the private cause.
func (r *Refusal) Unwrap() error { return r.cause }

// Because is a copy with a private cause.
func (r *Refusal) Because(err error) *Refusal { c := *r; c.cause = err; return &c }

// Refused reports whether err is a refusal with the code.
func Refused(err error, code Code) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}

// The answer to wrong credentials of every kind, and to accounts that are not there.
func invalidCredentials() *Refusal { return Refuse(InvalidCredentials, "Invalid login credentials") }

// The answer to a code or link that is wrong, used, too old, or of nobody.
func expired() *Refusal { return Refuse(OTPExpired, "Token has expired or is invalid") }

func malformed(format string, args ...any) *Refusal {
	return Refuse(ValidationFailed, format, args...)
}
