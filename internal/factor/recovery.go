package factor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The alphabet of recovery codes has no i, l, o and u: they look like 1, 1, 0 and v.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const (
	codeBytes = 10 // 80 bits: beyond guessing also for somebody who has the hashes and their key
	group     = 4
)

var (
	coding     = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
	lookAlikes = strings.NewReplacer("i", "1", "l", "1", "o", "0", "u", "v", "|", "1")
)

// RecoveryCodes are n codes of 80 random bits, each four groups of four: `k4m9-x7qp-2ab8-ht3z`. They are shown once;
// stored is SealCode of their NormalRecoveryCode.
func RecoveryCodes(n int, random io.Reader) (plain []string, err error) {
	raw := make([]byte, codeBytes)
	for range n {
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, fmt.Errorf("make recovery codes: %w", err)
		}
		plain = append(plain, grouped(coding.EncodeToString(raw)))
	}
	return plain, nil
}

func grouped(code string) string {
	var groups []string
	for at := 0; at < len(code); at += group {
		groups = append(groups, code[at:at+group])
	}
	return strings.Join(groups, "-")
}

// NormalRecoveryCode is the form of a typed code that is hashed and compared: 16 lower-case letters and digits where the code was
// one of ours. It drops blanks, dashes of all kinds and what is invisible, and reads wide, upper-case and look-alike characters as
// what they were meant to be.
func NormalRecoveryCode(typed string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf, unicode.Cc) || r == '−' || r == '_' || r == '.' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(typed))
	return lookAlikes.Replace(kept)
}

// SealCode is the keyed hash (HMAC-SHA256, hexadecimal) under which a short code is stored and found. A code sealed for one kind is
// not found under another. Kind is a name of ours, without a zero byte; key has 32 bytes.
func SealCode(key []byte, kind, code string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind + "\x00" + code))
	return hex.EncodeToString(mac.Sum(nil))
}
