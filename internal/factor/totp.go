package factor

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	period = 30 // seconds in a step
	digits = 6
	window = 1 // steps before and after the present one, for clocks that are not quite right
)

// TOTP is a new secret and the two ways of bringing it into an authenticator app: by hand and by camera.
// All three members are secret.
type TOTP struct {
	Secret string // base32 without padding, 160 bits
	URI    string // otpauth://totp/issuer:account?…
	QRCode string // the URI as an SVG text, which becomes a URL behind `data:image/svg+xml;utf-8,`
}

// String keeps the secret out of logs.
func (TOTP) String() string { return "TOTP(secret)" }

// GoString keeps the secret out of logs, too.
func (t TOTP) GoString() string { return t.String() }

// NewTOTP makes a secret from 20 random bytes. Issuer and account are what the app shows; a colon, which would end the
// issuer, is shown as a blank. The error says what is missing or too long.
func NewTOTP(issuer, account string, random io.Reader) (TOTP, error) {
	issuer, account = label(issuer), label(account)
	if issuer == "" || account == "" {
		return TOTP{}, errors.New("a TOTP factor needs a name of the issuer and of the account")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Rand: random})
	if err != nil {
		return TOTP{}, fmt.Errorf("make a TOTP secret: %w", err)
	}
	image, err := draw(key.URL())
	if err != nil {
		return TOTP{}, fmt.Errorf("draw the QR code of a TOTP secret: the names of issuer (%d bytes) and account (%d bytes) are too long: %w",
			len(issuer), len(account), err)
	}
	return TOTP{Secret: key.Secret(), URI: key.URL(), QRCode: image}, nil
}

func label(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, ":", " ")) }

// CheckTOTP says whether code is of this secret now, one step before or one after, and of which step. Steps up to last are
// spent: give the step of the last accepted code, 0 where there is none yet. Where a code fits several steps the latest counts,
// so that it fits none that is left. Blanks in the code are ignored. All steps are always compared, in constant time.
func CheckTOTP(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.Join(strings.Fields(code), "")
	present := now.Unix() / period
	for s := present - window; s <= present+window; s++ {
		want, err := hotp.GenerateCode(secret, uint64(s))
		if err != nil || len(want) != digits {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}
