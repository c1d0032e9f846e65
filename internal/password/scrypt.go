package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"slices"

	xscrypt "golang.org/x/crypto/scrypt"
)

// scrypt is RFC 7914's function with its costs: it needs 128·n·r bytes, p times.
type scrypt struct{ n, r, p int }

func newScrypt(found map[string]string, exponent string) (scrypt, error) {
	ln, errN := number(exponent, found[exponent], 1, 24)
	r, errR := number("r", found["r"], 1, 64)
	p, errP := number("p", found["p"], 1, 64)
	if err := first(errN, errR, errP); err != nil {
		return scrypt{}, err
	}
	return scrypt{1 << ln, int(r), int(p)}, affordable(128*r<<ln, p)
}

func (s scrypt) weight() int64 { return places(uint64(128 * s.n * s.r)) }

// plainScrypt is a hash whose bytes are what the function gives.
type plainScrypt struct {
	scrypt
	salt, key []byte
}

func parseScrypt(text string) (form, error) {
	parts, err := sections(text, 4, "$scrypt$ln=…,r=…,p=…$salt$hash")
	if err != nil {
		return nil, err
	}
	found, err := settings(parts[1], "ln", "r", "p")
	if err != nil {
		return nil, err
	}
	var s plainScrypt
	if s.scrypt, err = newScrypt(found, "ln"); err != nil {
		return nil, err
	}
	if s.salt, s.key, err = decodePair(parts[2:]); err != nil {
		return nil, err
	}
	return s, nil
}

func (s plainScrypt) matches(plain []byte) (bool, error) {
	key, err := xscrypt.Key(plain, s.salt, s.n, s.r, s.p, len(s.key))
	return err == nil && subtle.ConstantTimeCompare(key, s.key) == 1, err
}

// firebase is a hash of Firebase Authentication: the project's signer key, encrypted with what scrypt makes of the
// password and of the account's salt followed by the project's separator (https://github.com/firebase/scrypt).
type firebase struct {
	scrypt
	salt, key, signer []byte
}

func parseFirebase(text string) (form, error) {
	parts, err := sections(text, 4, "$fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$salt$hash")
	if err != nil {
		return nil, err
	}
	found, err := settings(parts[1], "v", "n", "r", "p", "ss", "sk")
	if err != nil {
		return nil, err
	}
	if _, err := number("v", found["v"], 1, 1); err != nil {
		return nil, err
	}
	var f firebase
	if f.scrypt, err = newScrypt(found, "n"); err != nil {
		return nil, err
	}
	separator, err := decode("salt separator (ss)", found["ss"], 0, mostSalt)
	if err != nil {
		return nil, err
	}
	if f.salt, f.key, err = decodePair(parts[2:]); err != nil {
		return nil, err
	}
	f.salt = slices.Concat(f.salt, separator)
	f.signer, err = decode("signer key (sk); the hash is as long", found["sk"], len(f.key), len(f.key))
	return f, err
}

func (f firebase) matches(plain []byte) (bool, error) {
	key, err := xscrypt.Key(plain, f.salt, f.n, f.r, f.p, 32)
	if err != nil {
		return false, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return false, err
	}
	sealed := make([]byte, len(f.signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sealed, f.signer)
	return subtle.ConstantTimeCompare(sealed, f.key) == 1, nil
}
