package password

import (
	"errors"
	"regexp"

	"golang.org/x/crypto/bcrypt"
)

// mostCost is about four seconds on one core.
const mostCost = 16

var bcryptForm = regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)

// bcrypted is a bcrypt hash. The versions a, b and y are one algorithm for the passwords we take. Of a password, the first
// 72 bytes count, as in PHP, Python and C; products that refused longer ones never made a hash for which it matters.
type bcrypted string

func parseBcrypt(text string) (form, error) {
	m := bcryptForm.FindStringSubmatch(text)
	if m == nil {
		return nil, errors.New("its form is not $2a$, $2b$ or $2y$, two digits of cost, $ and 53 characters")
	}
	if _, err := number("cost", m[1], uint64(bcrypt.MinCost), mostCost); err != nil {
		return nil, err
	}
	return bcrypted(text), nil
}

func (b bcrypted) matches(plain []byte) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(b), plain)
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}

func (b bcrypted) weight() int64 { return 1 }
