package accounts

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

// The version header of GoTrue's API: with it, errors have another shape.
const (
	versionHeader = "X-Supabase-Api-Version"
	modernVersion = "2024-01-01"
)

const maxBody = 64 << 10 // bytes

// modern reports whether the client reads errors by code.
func (c *call) modern() bool { return c.Request.Header.Get(versionHeader) >= modernVersion }

// answer writes a whole JSON body.
func (c *call) answer(status int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	c.WriteHeader(status)
	if c.Method != http.MethodHead {
		_, _ = c.ResponseWriter.Write(raw) // a client that went away is nobody's matter
	}
	return nil
}

// gives answers with what an act gave, or with why it gave nothing.
func (c *call) gives(body any, err error) error {
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, body)
}

// empty answers that it is done.
func (c *call) empty() error {
	c.WriteHeader(http.StatusNoContent)
	return nil
}

// status is a refusal under another status than its code's.
type status struct {
	code int
	*account.Refusal
}

// Unwrap is the refusal.
func (s *status) Unwrap() error { return s.Refusal }

// fail answers with an error.
func (c *call) fail(err error) {
	code, r := c.refused(err)
	_ = c.answer(code, c.refusal(code, r))
}

// refused is an error as the client is told, and its status. The private cause of a failure goes to the log.
func (c *call) refused(err error) (code int, r *account.Refusal) {
	code = http.StatusInternalServerError
	var s *status
	var f *fault.Fault
	switch {
	case errors.As(err, &s):
		code, r = s.code, s.Refusal
	case errors.As(err, &r):
		if code = statusOf(r.Code); r.Later {
			code = http.StatusTooManyRequests
		}
	case errors.As(err, &f) && f.Code == fault.Unavailable:
		code, r = http.StatusServiceUnavailable, account.Refuse(account.Unexpected, "%s", f.Message).Because(err)
		c.ResponseWriter.Header().Set("Retry-After", "1")
	default:
		r = account.Refuse(account.Unexpected, "Unexpected failure, please check the server's log").Because(err)
	}
	if code == http.StatusTooManyRequests {
		c.ResponseWriter.Header().Set("Retry-After", "5")
	}
	if cause := errors.Unwrap(r); cause != nil && code >= http.StatusInternalServerError && c.server.Noted != nil {
		c.server.Noted(c.Context(), cause)
	}
	return code, r
}

// refusal is an error's body in the form the client asked for.
func (c *call) refusal(code int, r *account.Refusal) any {
	out := map[string]any{}
	if c.modern() {
		out["code"], out["message"] = r.Code, r.Message
	} else {
		out["code"], out["error_code"], out["msg"] = code, r.Code, r.Message
	}
	if r.Code == account.WeakPassword {
		out["weak_password"] = map[string]any{"reasons": r.Reasons}
	}
	return out
}

// statuses are those that are not 400.
var statuses = map[account.Code]int{
	account.NoAuthorization: 401,
	account.BadJWT:          403, account.SessionNotFound: 403, account.NotAdmin: 403, account.OTPExpired: 403, account.InsufficientAAL: 403,
	account.UserNotFound: 404, account.FlowNotFound: 404, account.IdentityNotFound: 404, account.FactorNotFound: 404,
	account.PasskeyNotFound: 404, account.KeyNotFound: 404, account.LinkingDisabled: 404, account.PasskeyDisabled: 404,
	account.SignupDisabled: 422, account.WeakPassword: 422, account.SamePassword: 422, account.EmailExists: 422, account.PhoneExists: 422,
	account.UserExists: 422, account.AnonymousDisabled: 422, account.IdentityExists: 422, account.LastIdentity: 422, account.OTPDisabled: 422,
	account.ReauthenticationBad: 422, account.FactorNameConflict: 422, account.ChallengeExpired: 422, account.VerificationFailed: 422,
	account.TooManyFactors: 422, account.TooManyPasskeys: 422, account.KeyExists: 422, account.VerifiedFactorExists: 422,
	account.RecoveryCodesAlone: 422, account.IPMismatch: 422, account.TOTPEnrollDisabled: 422, account.WebAuthnDisabled: 422,
	account.PhoneFactorDisabled:     422,
	account.ProviderEmailUnverified: 422, account.EmailConflictIdentity: 422,
	account.Conflict:     409,
	account.RequestLimit: 429, account.EmailLimit: 429, account.RecoveryCodesLocked: 429,
	account.Unexpected: 500, account.RequestTimeout: 504,
}

func statusOf(code account.Code) int {
	if n, ok := statuses[code]; ok {
		return n
	}
	return http.StatusBadRequest
}

// readAll reads a body that is not too long.
func readAll(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, account.Refuse(account.BadJSON, "Could not read the request body")
	case len(raw) > maxBody:
		return nil, &status{http.StatusRequestEntityTooLarge, account.Refuse(account.ValidationFailed, "The request body is longer than %d bytes", maxBody)}
	}
	return raw, nil
}

// sound refuses what cannot be stored as it is: no UTF-8, NUL, nesting without end.
func sound(raw []byte) error {
	if !utf8.Valid(raw) {
		return errors.New("it is not UTF-8")
	}
	_, err := value.CanonicalJSON(raw)
	return err
}

// cut is a text of at most n bytes that stays whole characters.
func cut(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if !utf8.ValidString(s) {
		return ""
	}
	return s
}
