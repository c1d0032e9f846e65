package password

import (
	stdpbkdf2 "crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"hash"
	"strconv"
	"strings"
)

// mostRounds is some seconds on one core; Django's default grows towards two million.
const mostRounds = 5_000_000

// pbkdf2 is a hash of PBKDF2 with HMAC.
type pbkdf2 struct {
	digest    func() hash.Hash
	rounds    int
	salt, key []byte
}

// parsePBKDF2 reads passlib's form, where the rounds stand alone, and the PHC form `i=…[,l=…]`.
func parsePBKDF2(text string) (form, error) {
	parts, err := sections(text, 4, "$pbkdf2-sha256$rounds$salt$hash")
	if err != nil {
		return nil, err
	}
	var k pbkdf2
	switch parts[0] {
	case "pbkdf2-sha256":
		k.digest = sha256.New
	case "pbkdf2-sha512":
		k.digest = sha512.New
	default:
		return nil, errors.New("only sha256 and sha512 are understood")
	}
	if k.salt, k.key, err = decodePair(parts[2:]); err != nil {
		return nil, err
	}
	return k, k.setParameters(parts[1])
}

func (k *pbkdf2) setParameters(text string) error {
	if !strings.Contains(text, "=") {
		return k.setRounds(text)
	}
	rounds, size, sized := strings.Cut(text, ",l=")
	if sized && size != strconv.Itoa(len(k.key)) {
		return errors.New("its parameter l must be the length of its hash")
	}
	found, err := settings(rounds, "i")
	if err != nil {
		return err
	}
	return k.setRounds(found["i"])
}

// parseDjango reads Django's form, whose salt is text and not base64.
func parseDjango(text string) (form, error) {
	parts, err := sections(text, 4, "pbkdf2_sha256$rounds$salt$hash")
	if err != nil {
		return nil, err
	}
	k := pbkdf2{digest: sha256.New, salt: []byte(parts[2])}
	if err := k.setRounds(parts[1]); err != nil {
		return nil, err
	}
	if k.key, err = decode("hash", parts[3], leastKey, mostKey); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *pbkdf2) setRounds(text string) error {
	n, err := number("rounds", text, 1, mostRounds)
	k.rounds = int(n)
	return err
}

func (k pbkdf2) matches(plain []byte) (bool, error) {
	key, err := stdpbkdf2.Key(k.digest, string(plain), k.salt, k.rounds, len(k.key))
	return err == nil && subtle.ConstantTimeCompare(key, k.key) == 1, err
}

func (k pbkdf2) weight() int64 { return 1 }
